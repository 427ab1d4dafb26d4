"""The benchmark's endpoints on Django: gunicorn benchmark.wsgi, with BENCH_DATABASE in the environment."""
