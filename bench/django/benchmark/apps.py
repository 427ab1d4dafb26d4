from django.apps import AppConfig


class Benchmark(AppConfig):
    name = "benchmark"
    label = "bench"
