"""Who follows a thread hears of it wherever its comments go."""

from collections.abc import Callable

from descant.discussion.addressing.addresses import PageAddress
from descant.discussion.addressing.finding import make_thread
from descant.discussion.deciding import merge_threads, undo_batch
from descant.discussion.models import Comment, Thread
from descant.discussion.posting import Draft, post_comment
from descant.followups.following import follow_thread, follows
from descant.followups.models import Kind, Notice
from tests.descant.conftest import Cast
from tests.descant.followups.conftest import Worked, account

Say = Callable[..., Comment]


def test_who_follows_a_thread_goes_with_it_and_nobody_comes_back_with_it(
    people: Cast, bread: Thread, say: Say, work: Worked
) -> None:
    cakes = make_thread(people.gazette, PageAddress("cakes", "https://gazette.example/cakes"))
    follow_thread(user=account(people.ann), thread=bread)
    follow_thread(user=account(people.dee), thread=cakes)
    batch = merge_threads(forum=people.gazette, source=bread, target=cakes, by=people.bo)
    work()
    post_comment(forum=people.gazette, thread=cakes, author=people.cy, draft=Draft("Sugar."))
    work()
    told = set(Notice.objects.filter(kind=Kind.THREAD).values_list("user_id", flat=True))
    assert told == {account(people.ann).pk, account(people.dee).pk}
    undo_batch(forum=people.gazette, batch=batch, by=people.bo)
    work()
    both = [f"t{bread.pk}", f"t{cakes.pk}"]
    assert follows(user=account(people.ann), what=both) == set(both)
    assert follows(user=account(people.dee), what=both) == {f"t{cakes.pk}"}
