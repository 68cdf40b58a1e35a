"""The addresses of the programs' side."""

from django.urls import path

from descant.api import posts, threads

urlpatterns = [
    path("api/3.0/posts/create.json", posts.create),
    path("api/3.0/threads/listPosts.json", threads.list_posts),
]
