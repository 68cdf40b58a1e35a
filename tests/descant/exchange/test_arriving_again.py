"""Imports that are repeated, stopped, tried or refused."""

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import pytest

from descant.discussion.deciding import decide, set_thread_state
from descant.discussion.models import Comment, Thread, ThreadAddress
from descant.discussion.reading import marks
from descant.exchange.arriving import comments as arriving_comments
from descant.exchange.models import ImportJob
from descant.exchange.report import Report
from descant.exchange.stream import ImportRefused
from descant.forums.models import Forum
from django_headroom.caching.slots import slots
from tests.descant.conftest import Cast
from tests.descant.exchange.exactness import assert_exact, said, snapshot
from tests.descant.exchange.files import busy_file, comment, disqus, item, post, thread, wordpress

Bring = Callable[..., Report]


@pytest.mark.usefixtures("small_chunks")
def test_a_second_run_changes_no_row(cast: Cast, bring: Bring) -> None:
    first = bring(busy_file())
    before = snapshot(cast.gazette)
    second = bring(busy_file())
    assert snapshot(cast.gazette) == before
    assert second.rows_written() == 0
    assert "Nothing had to be changed." in second.as_text()
    assert (
        second.comments.imported
        == first.comments.imported
        == second.comments.known - second.comments.tombstones
    )


@pytest.mark.usefixtures("small_chunks")
def test_a_superset_adds_only_what_is_new(cast: Cast, bring: Bring) -> None:
    bring(busy_file(40))
    before = {row["id"]: row for row in snapshot(cast.gazette)[2]}
    report = bring(busy_file(60))
    assert report.rows_written() == 20
    changing = {"replies", "drawn", "version"}
    for row in snapshot(cast.gazette)[2]:
        if row["id"] in before:
            assert {k: v for k, v in row.items() if k not in changing} == {
                k: v for k, v in before[row["id"]].items() if k not in changing
            }


@pytest.mark.usefixtures("small_chunks")
def test_in_two_runs_it_becomes_what_it_becomes_in_one(cast: Cast, bring: Bring) -> None:
    bring(busy_file(40))
    bring(busy_file(60))
    bring(busy_file(60), forum=cast.tribune)
    columns = ("source_id", "state", "level", "replies", "drawn", "text", "created_at", "parent__source_id")

    def told(forum: Forum) -> list[Any]:
        return list(Comment.objects.of(forum).order_by("source_id").values_list(*columns))

    assert told(cast.gazette) == told(cast.tribune)


@pytest.mark.usefixtures("small_chunks")
def test_stopped_anywhere_it_resumes_to_exact_counts(
    cast: Cast, bring: Bring, monkeypatch: pytest.MonkeyPatch
) -> None:
    bring(busy_file(), forum=cast.tribune)
    whole = [Model.objects.of(cast.tribune).count() for Model in (Thread, ThreadAddress, Comment)]
    insert = arriving_comments.insert_rows
    for stop_at in range(9):
        left = iter(range(stop_at))

        def insert_or_stop(alias: str, rows: list[Comment], left: Iterator[int] = left) -> None:
            insert(alias, rows)
            if next(left, None) is None:
                raise KeyboardInterrupt

        monkeypatch.setattr(arriving_comments, "insert_rows", insert_or_stop)
        with pytest.raises(KeyboardInterrupt):
            bring(busy_file())
        assert_exact(cast.gazette)
        assert ImportJob.objects.order_by("-id")[0].state == "stopped"
        if Comment.objects.of(cast.gazette).count() > whole[2] - 14:
            break
    monkeypatch.setattr(arriving_comments, "insert_rows", insert)
    report = bring(busy_file())
    assert [Model.objects.of(cast.gazette).count() for Model in (Thread, ThreadAddress, Comment)] == whole
    assert report.comments.known > 0


def test_a_page_that_now_leads_to_a_thread_that_was_here_is_read_anew(
    cast: Cast, bring: Bring, django_capture_on_commit_callbacks: Any
) -> None:
    bring(disqus(thread(), post("5")))
    seen, empty = slots().last(), marks.slots_of(cast.gazette.pk, None)
    with django_capture_on_commit_callbacks(using=cast.gazette.partition, execute=True):
        bring(disqus(thread(link="http://gazette.example/by-another-name"), post("5")))
    assert Thread.objects.of(cast.gazette).count() == 1
    assert not slots().is_fresh(seen, *empty)
    seen = slots().last()
    with django_capture_on_commit_callbacks(using=cast.gazette.partition, execute=True):
        bring(disqus(thread(link="http://gazette.example/by-another-name"), post("5")))
    assert slots().is_fresh(seen, *empty)


def test_what_moderators_decided_here_stands(cast: Cast, bring: Bring) -> None:
    text = disqus(thread(), post("5"), post("6", isSpam="true"), post("7", parent="5"))
    bring(text)
    decide(forum=cast.gazette, comments=[said(cast.gazette, "5")], verdict="hide", by=cast.bo)
    decide(forum=cast.gazette, comments=[said(cast.gazette, "6")], verdict="approve", by=cast.bo)
    set_thread_state(forum=cast.gazette, thread=said(cast.gazette, "5").thread, state="closed", by=cast.ann)
    before = snapshot(cast.gazette)
    assert bring(text).rows_written() == 0
    assert snapshot(cast.gazette) == before
    bring(disqus(thread(), post("5"), post("6"), post("7", parent="5"), post("8", parent="5")))
    assert [said(cast.gazette, n).state for n in "5678"] == ["hidden", "shown", "shown", "shown"]


def test_a_dry_run_writes_nothing_and_reports_the_same(cast: Cast, bring: Bring) -> None:
    empty = snapshot(cast.gazette)
    tried = bring(busy_file(), dry_run=True)
    assert snapshot(cast.gazette) == empty
    assert not ImportJob.objects.exists()
    done = bring(busy_file())
    assert {**asdict(tried), "dry_run": False} == asdict(done)
    again, tried = bring(busy_file()), bring(busy_file(), dry_run=True)
    assert {**asdict(tried), "dry_run": False} == asdict(again)


def test_missing_parents_get_tombstones_that_a_fuller_file_fills(cast: Cast, bring: Bring) -> None:
    report = bring(disqus(thread(), post("6", parent="5")))
    mark = said(cast.gazette, "5")
    assert (mark.state, mark.text, mark.drawn, report.marks) == ("deleted", "", True, 1)
    fuller = disqus(thread(), post("5"), post("6", parent="5"))
    assert bring(fuller).rows_written() == 1
    filled = said(cast.gazette, "5")
    assert (filled.pk, filled.state, filled.text, filled.author_name) == (
        mark.pk,
        "shown",
        "<p>Says 5</p>",
        "Cy",
    )
    assert Thread.objects.of(cast.gazette).get().comments_shown == 2
    before = snapshot(cast.gazette)
    assert bring(fuller).rows_written() == 0
    assert snapshot(cast.gazette) == before


def test_a_mark_is_filled_by_the_same_comment_under_another_service_s_id(cast: Cast, bring: Bring) -> None:
    bring(wordpress(item("7", comment("6", parent="5"))), format="wordpress")
    mark = said(cast.gazette, "5")
    fuller = wordpress(item("7", comment("5", meta="900"), comment("6", parent="5")))
    report = bring(fuller, format="wordpress")
    assert (report.rows_written(), report.comments.merged) == (1, 0)
    filled = said(cast.gazette, "900")
    assert (filled.pk, filled.source, filled.state, filled.text) == (mark.pk, "disqus", "shown", "Says 5")
    assert said(cast.gazette, "6").parent_id == filled.pk
    before = snapshot(cast.gazette)
    assert bring(fuller, format="wordpress").rows_written() == 0
    assert snapshot(cast.gazette) == before


def test_two_comments_that_claim_one_mark_both_arrive(cast: Cast, bring: Bring) -> None:
    bring(wordpress(item("7", comment("6", parent="5"))), format="wordpress")
    both = disqus(
        thread(link="http://gazette.example/7/"), post("900", id="wp_id=5"), post("901", id="wp_id=5")
    )
    assert bring(both).rows_written() == 2
    assert {said(cast.gazette, n).text for n in ("900", "901")} == {"<p>Says 900</p>", "<p>Says 901</p>"}
    assert bring(both).rows_written() == 0


def test_a_post_known_by_its_text_never_keeps_a_real_id_from_arriving(cast: Cast, bring: Bring) -> None:
    bring(disqus(thread(), post(None, id="123", message="B")))
    fuller = disqus(thread(), post(None, id="123", message="B"), post("123", message="REAL"))
    assert bring(fuller).rows_written() == 1
    texts = Comment.objects.of(cast.gazette).order_by("source_id").values_list("source_id", "text")
    assert list(texts) == [("123", "REAL"), ("id:123", "B")]
    assert bring(fuller).rows_written() == 0


@pytest.mark.parametrize("own_id", ["123", None])
def test_a_mark_that_a_text_names_is_filled_whichever_way_its_comment_bears_the_text(
    cast: Cast, bring: Bring, own_id: str | None
) -> None:
    reply = post("124", more="<parent>123</parent>")
    bring(disqus(thread(), reply))
    mark = said(cast.gazette, "123")
    fuller = disqus(thread(), post(own_id, id="123", message="B"), reply)
    assert bring(fuller).rows_written() == 1
    assert Comment.objects.of(cast.gazette).get(text="B").pk == mark.pk
    assert bring(fuller).rows_written() == 0


def test_a_mark_is_filled_by_the_real_id_where_a_text_claims_it_too(cast: Cast, bring: Bring) -> None:
    reply = post("124", more="<parent>123</parent>")
    bring(disqus(thread(), reply))
    fuller = disqus(thread(), post(None, id="123", message="B"), post("123", message="REAL"), reply)
    assert bring(fuller).rows_written() == 2
    assert said(cast.gazette, "124").parent_id == said(cast.gazette, "123").pk
    assert (said(cast.gazette, "123").text, said(cast.gazette, "id:123").text) == ("REAL", "B")
    assert bring(fuller).rows_written() == 0


def test_a_post_deleted_at_the_source_is_not_filled_by_a_later_file(cast: Cast, bring: Bring) -> None:
    bring(disqus(thread(), post("5", isDeleted="true", message=""), post("6", parent="5")))
    assert bring(disqus(thread(), post("5"), post("6", parent="5"))).rows_written() == 0
    assert said(cast.gazette, "5").state == "deleted"


def test_a_refused_file_leaves_nothing_but_its_job(cast: Cast, bring: Bring) -> None:
    with pytest.raises(ImportRefused):
        bring(busy_file()[:-300])
    assert snapshot(cast.gazette) == [[], [], []]
    job = ImportJob.objects.get()
    assert (job.state, job.refusal.startswith("line ")) == ("refused", True)


def test_a_job_keeps_what_was_brought_in(cast: Cast, bring: Bring) -> None:
    report = bring(busy_file())
    job = ImportJob.objects.get()
    assert (job.state, job.file_name, len(job.file_digest)) == ("finished", "export.xml", 64)
    assert job.report == report.as_json()
    assert job.done == job.total == 50 + report.marks
