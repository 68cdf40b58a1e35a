"""The addresses of the moderators' side."""

from django.urls import path

from descant.moderate.acts import comments, people, threads
from descant.moderate.pages import log, merging, queue, transparency
from descant.moderate.pages import people as people_pages
from descant.moderate.rules import acts as rule_acts
from descant.moderate.rules import pages as rule_pages
from descant.moderate.rules import trying

urlpatterns = [
    path("moderate/", queue.queue, name="moderate"),
    path("moderate/near/", queue.near),
    path("moderate/log/", log.log, name="moderate_log"),
    path("moderate/bans/", people_pages.bans, name="moderate_bans"),
    path("moderate/appeals/", people_pages.appeals, name="moderate_appeals"),
    path("moderate/rules/", rule_pages.rules, name="moderate_rules"),
    path("moderate/rules/new/", rule_pages.new),
    path("moderate/rules/one/", rule_pages.one),
    path("moderate/rules/try/", trying.try_it),
    path("moderate/merge/", merging.merging, name="moderate_merge"),
    path("moderate/do/decide", comments.decide),
    path("moderate/do/undo", comments.undo),
    path("moderate/do/edit", comments.edit),
    path("moderate/do/pin", comments.pin),
    path("moderate/do/thread", threads.state),
    path("moderate/do/merge", threads.merge),
    path("moderate/do/ban", people.ban),
    path("moderate/do/lift", people.lift),
    path("moderate/do/answer", people.answer),
    path("moderate/do/rule", rule_acts.write),
    path("moderate/do/rule_state", rule_acts.switch),
    path("f/<slug:name>/transparency/", transparency.transparency, name="transparency"),
]
