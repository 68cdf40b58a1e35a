"""A few addresses, for budgets of routes."""

from concurrent.futures import ThreadPoolExecutor

from django.db import connections
from django.http import HttpRequest, HttpResponse
from django.urls import include, path

from tests.headroom.market.people.models import Person
from tests.headroom.market.shops.models import Shop


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse("nothing")


def shops(request: HttpRequest) -> HttpResponse:
    """One query; with ``?twice`` two, and with ``?beside`` one of another thread."""
    names = [shop.name for shop in Shop.objects.order_by("id")]
    if "twice" in request.GET:
        names += [shop.name for shop in Shop.objects.order_by("-id")]
    if "beside" in request.GET:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(Shop.objects.count).result()
            pool.submit(connections.close_all).result()
    return HttpResponse(" ".join(names))


def people(request: HttpRequest, number: int) -> HttpResponse:
    for _ in range(number):
        Person.objects.count()
    return HttpResponse(str(number))


async def later(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(await Person.objects.acount()))


urlpatterns = [
    path("", nothing),
    path("shops/", shops),
    path("people/", include([path("<int:number>/", people)])),
    path("later/", later),
    path("new/", people, {"number": 1}),
]
