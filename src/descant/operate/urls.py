"""The addresses of the operators' side."""

from django.urls import path

from descant.operate.pages import events, overview, performance
from descant.operate.pages.errors import acts, pages
from descant.operate.switches.pages import switch, switches
from django_headroom.operations.errors.travelling.receiving import receive_envelope

urlpatterns = [
    path("operate/", overview.overview, name="operate"),
    path("operate/events/", events.events, name="operate_events"),
    path("operate/events/letters/", events.letters, name="operate_letters"),
    path("operate/switches/", switches, name="operate_switches"),
    path("operate/switches/<slug:name>/", switch, name="operate_switch"),
    path("operate/errors/", pages.errors, name="operate_errors"),
    path("operate/errors/<int:number>/", pages.error, name="operate_error"),
    path("operate/errors/<int:number>/do/", acts.judge, name="operate_error_do"),
    path("operate/errors/<int:number>/gather/", acts.gather, name="operate_error_gather"),
    # By number, as any SDK of Sentry has it: api/3.0/ is another.
    path("api/<int:project>/envelope/", receive_envelope),
    path("operate/performance/", performance.performance, name="operate_performance"),
]
