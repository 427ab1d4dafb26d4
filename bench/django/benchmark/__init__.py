"""The benchmark's endpoints on Django: gunicorn benchmark.wsgi, with DATABASE_URL in the environment."""
