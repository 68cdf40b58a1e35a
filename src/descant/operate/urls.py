"""The addresses of the operators' side."""

from django.urls import path

from descant.operate.pages import events, overview
from descant.operate.switches.pages import switch, switches

urlpatterns = [
    path("operate/", overview.overview, name="operate"),
    path("operate/events/", events.events, name="operate_events"),
    path("operate/events/letters/", events.letters, name="operate_letters"),
    path("operate/switches/", switches, name="operate_switches"),
    path("operate/switches/<slug:name>/", switch, name="operate_switch"),
]
