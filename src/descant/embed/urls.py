"""The addresses of the readers' side."""

from django.urls import path

from descant.embed import acts, calling_for, drawing, feeds, pages, personal, preferring, scripts, signing_in

SHORTNAME = "<slug:shortname>"

urlpatterns = [
    path("embed/comments/", pages.comments, name="embed_comments"),  # first, for it is asked for most
    path("embed.js", scripts.loader),
    path("count.js", scripts.counter),
    path("count-data.js", scripts.count_data),
    path(f"{SHORTNAME}/embed.js", scripts.loader),
    path(f"{SHORTNAME}/count.js", scripts.counter),
    path(f"{SHORTNAME}/count-data.js", scripts.count_data),
    path("embed/changes/", drawing.changes),
    path("embed/feed/", feeds.feed),
    path("embed/sign-in/", signing_in.sign_in, name="embed_sign_in"),
    path("embed/do/guest", signing_in.guest),
    path("embed/do/collect", signing_in.collect),
    path("embed/do/sign_on", signing_in.sign_on),
    path("embed/do/sign_out", signing_in.sign_out),
    path("embed/do/mine", personal.mine),
    path("embed/do/block", preferring.block),
    path("embed/do/prefer", preferring.prefer),
    path("embed/do/follow", preferring.follow),
    path("embed/do/post", acts.post),
    path("embed/do/preview", acts.preview),
    path("embed/do/edit", acts.edit),
    path("embed/do/source", acts.source),
    path("embed/do/delete", acts.delete),
    path("embed/do/vote", acts.vote),
    path("embed/do/decide", acts.decide),
    path("embed/do/thread", acts.thread),
    path("embed/do/pin", calling_for.pin),
    path("embed/do/flag", calling_for.flag),
    path("embed/do/ban", calling_for.ban),
    path("embed/do/appeal", calling_for.appeal),
]
