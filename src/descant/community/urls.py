"""The addresses of communities and people."""

from django.urls import include, path

from descant.community import hearing, inviting, labs, preferences, public
from descant.community.owners import categories, deliveries, exports, forms, history, keys, lists, webhooks

settings = [
    path("", forms.general, name="forum_settings"),
    path("domains/", lists.domains, name="forum_domains"),
    path("categories/", categories.categories, name="forum_categories"),
    path("people/", lists.people, name="forum_people"),
    path("policy/", forms.policy, name="forum_policy"),
    path("look/", forms.look, name="forum_look"),
    path("keys/", keys.keys, name="forum_keys"),
    path("webhooks/", webhooks.webhooks, name="forum_webhooks"),
    path("webhooks/<int:target_id>/", deliveries.webhook, name="forum_webhook"),
    path("webhooks/<int:target_id>/<int:key>/", deliveries.delivery, name="forum_delivery"),
    path("exports/", exports.exports, name="forum_exports"),
    path("rules/", lists.rules, name="forum_rules"),
    path("history/", history.history, name="forum_history"),
]

urlpatterns = [
    path("f/<str:name>/", public.forum_page, name="forum_page"),
    path("f/<str:name>/settings/", include(settings)),
    path("by/<str:name>/", public.person_page, name="person_page"),
    path("accounts/notices/", hearing.notices, name="notices"),
    path("accounts/follow/", hearing.follow, name="follow_person"),
    path("mail/stop/<str:token>/", hearing.stop, name="mail_stop"),
    path("mail/confirm/<str:token>/", hearing.confirm, name="mail_confirm"),
    path("mail/invitation/<str:token>/", inviting.invitation, name="invitation"),
    path("accounts/labs/", labs.labs, name="account_labs"),
    path("accounts/preferences/", preferences.preferences, name="account_preferences"),
]
