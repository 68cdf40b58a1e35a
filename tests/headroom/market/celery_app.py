"""A real application of Celery, whose broker is a folder; what its worker is sent it adds to a file."""

import json
import os
from pathlib import Path
from typing import Any

from celery import Celery

BOX = Path(os.environ.get("BOX", "/nonexistent"))


def app_in(box: Path) -> Celery:
    """One whose messages lie in a folder."""
    folders = {name: str(box / "messages") for name in ("data_folder_in", "data_folder_out")}
    made = Celery("bakery", broker="filesystem://", set_as_current=False)
    made.conf.broker_transport_options = {**folders, "control_folder": str(box / "control")}
    made.conf.worker_enable_remote_control = False

    def bake(self: Any, data: dict[str, Any]) -> None:
        with open(box / "baked", "a", encoding="utf-8") as written:
            written.write(json.dumps([self.request.id, data]) + "\n")

    made.task(bake, bind=True, name="bake", shared=False)
    return made


app = app_in(BOX)
