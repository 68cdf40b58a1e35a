"""What a site's own program makes of who reads its page: a message of Disqus's ``remote_auth_s3``."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

EVE = {"id": "7", "username": "Eve", "email": "eve@mail.example"}


def signed(said: Any, secret: str, at: float | None = None) -> str:
    """As the documents of Disqus say it is written."""
    message = base64.b64encode(json.dumps(said).encode()).decode()
    moment = str(int(time.time() if at is None else at))
    signature = hmac.new(secret.encode(), f"{message} {moment}".encode(), hashlib.sha1).hexdigest()
    return f"{message} {signature} {moment}"
