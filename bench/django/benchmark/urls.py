from django.urls import path

from . import views

urlpatterns = [
    path("plaintext", views.plaintext),
    path("json", views.json),
    path("one/<int:id>", views.one),
    path("queries/<int:seed>", views.queries),
    path("updates/<int:seed>", views.updates),
    path("fortunes", views.fortunes),
    path("page", views.page),
    path("list", views.list_),
    path("fetch", views.fetch),
    path("bulk/<int:rows>", views.bulk),
]
