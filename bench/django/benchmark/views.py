from collections.abc import Iterator

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from .models import Fortune, Item, Record, World

ROWS = 20


def keys(seed: int) -> Iterator[int]:
    """See load/src/series.rs."""
    while True:
        seed = seed * 48271 % 2147483647
        yield seed % 10000 + 1


def plaintext(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Hello, World!", content_type="text/plain; charset=utf-8")


def json(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"message": "Hello, World!"})


def one(request: HttpRequest, id: int) -> JsonResponse:
    world = World.objects.get(pk=id)
    return JsonResponse({"id": world.id, "number": world.number})


def queries(request: HttpRequest, seed: int) -> JsonResponse:
    series = keys(seed)
    worlds = [World.objects.get(pk=next(series)) for _ in range(ROWS)]
    return JsonResponse([{"id": w.id, "number": w.number} for w in worlds], safe=False)


def updates(request: HttpRequest, seed: int) -> JsonResponse:
    series, worlds = keys(seed), []
    changes = [(next(series), next(series)) for _ in range(ROWS)]
    # By key: transactions that lock rows in different orders would wait for each other for ever.
    changes.sort(key=lambda change: change[0])
    with transaction.atomic():
        for id, number in changes:
            world = World.objects.get(pk=id)
            world.number = number
            world.save(update_fields=["number"])
            worlds.append(world)
    return JsonResponse([{"id": w.id, "number": w.number} for w in worlds], safe=False)


def fortunes(request: HttpRequest) -> HttpResponse:
    found = list(Fortune.objects.all())
    found.append(Fortune(id=0, message="Additional fortune added at request time."))
    found.sort(key=lambda fortune: fortune.message)
    return render(request, "fortunes.html", {"fortunes": found})


def page(request: HttpRequest) -> HttpResponse:
    return render(request, "items.html", {"items": Item.objects.order_by("id")[:100]})


def list_(request: HttpRequest) -> JsonResponse:
    columns = ("id", "name", "brand", "price", "rating", "stock", "active", "category")
    return JsonResponse(list(Item.objects.order_by("id").values(*columns)[:100]), safe=False)


def fetch(request: HttpRequest) -> JsonResponse:
    items = list(Item.objects.all())
    letters = sum(len(item.name) + len(item.brand) for item in items)
    return JsonResponse({"rows": len(items), "stock": sum(item.stock for item in items), "letters": letters})


def bulk(request: HttpRequest, rows: int) -> JsonResponse:
    with transaction.atomic():
        Record.objects.all().delete()
        Record.objects.bulk_create(
            Record(name=f"Record {i}", price=i + 0.25, stock=i % 1000, active=i % 2 == 0) for i in range(rows)
        )
    return JsonResponse({"inserted": rows})
