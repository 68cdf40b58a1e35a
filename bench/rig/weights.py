"""Bytes on the wire, and what a page costs: queries, rows and milliseconds in a thread of 100,000 comments."""

import gzip
import http.client
import json
import re
import subprocess
import sys
from pathlib import Path

from bench.rig.sites import DOMAIN, FORUM, Site


def weights(site: Site) -> dict[str, float]:
    """What a browser fetches, compressed as the server sends it."""
    with site.serving():
        page = fetch(site, f"/embed/comments/?f={FORUM}&t_i=seed-1-1&t_u=https://{DOMAIN}/seed-1-1")
        scripts = sorted(set(re.findall(r'"(/static/[^"]+\.js)"', gzip.decompress(page).decode())))
        loader = len(fetch(site, "/embed.js"))
        frame = sum(len(fetch(site, path)) for path in scripts)
        style = re.search(r"<style>(.*?)</style>", gzip.decompress(page).decode(), re.DOTALL)
        style_bytes = len(gzip.compress(style[1].encode(), 9)) if style else 0
        return {
            "loader_gzip_bytes": loader,
            "count_gzip_bytes": len(fetch(site, "/count.js")),
            "frame_scripts_gzip_bytes": frame,
            "style_gzip_bytes": style_bytes,
            "loader_frame_style_gzip_bytes": loader + frame + style_bytes,
            "page_25_comments_gzip_bytes": len(page),
            "page_25_comments_bytes": len(gzip.decompress(page)),
        }


def fetch(site: Site, path: str) -> bytes:
    connection = http.client.HTTPConnection("localhost", site.port, timeout=10)
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200 or answer.headers.get("Content-Encoding") != "gzip":
        raise RuntimeError(f"{path}: {answer.status}, {answer.headers.get('Content-Encoding')}")
    return body


def pages(site: Site, comments: int) -> dict[str, float]:
    """Page 1 and page 1,000 of a large thread, and page 1 of a small one, read in a process of their own."""
    site.command("seed", "--forum", FORUM, "--threads", "1", "--comments", str(comments), "--quiet")
    site.command("seed", "--forum", FORUM, "--threads", "1", "--comments", "100", "--seed", "2", "--quiet")
    reading = Path(__file__).with_name("page_cost.py")
    environment = {**site.environment, "DJANGO_SETTINGS_MODULE": "descant.site.settings"}
    done = subprocess.run(
        [sys.executable, str(reading)], env=environment, check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found
