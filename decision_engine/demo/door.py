"""The front door from outside: JSON over HTTP, as any client would use it.

Knows nothing of the house behind the door. A refusal is raised as `Refused` with its problem details.
"""

from __future__ import annotations

import http.client
import json
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

API = "/api/v1"
Json = Mapping[str, Any]


class Refused(Exception):
    """The house said no: HTTP *status* and the problem details (RFC 9457)."""

    def __init__(self, status: int, problem: Json) -> None:
        self.status = status
        self.problem = problem
        super().__init__(f"{status} {problem.get('title', '')}: {problem.get('detail', '')}{self._reasons()}")

    @property
    def rules(self) -> tuple[str, ...]:
        """Return the rules that were cited."""
        cited = [finding["rule"] for finding in self.problem.get("findings", ())]
        if self.problem.get("rule"):
            cited.append(self.problem["rule"])
        return tuple(cited)

    def _reasons(self) -> str:
        told = [f"{one['rule']}: {one.get('message', '')}" for one in self.problem.get("findings", ())]
        told += [f"{path}: {' '.join(why)}" for path, why in self.problem.get("fields", {}).items()]
        return "".join(f"\n  {line}" for line in told)


class Door:
    """One connection to a served house on the loopback interface; *token* by `call`."""

    def __init__(self, host: str, port: int) -> None:
        self._connection = http.client.HTTPConnection(host, port, timeout=60)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def get(self, path: str, token: str | None = None, **query: object) -> Any:
        """Ask for *path* and return the JSON answer. Raises `Refused`."""
        if query:
            path = f"{path}?{urlencode(query)}"
        return self._answer("GET", path, token, None, {})

    def post(self, path: str, said: Json, token: str | None = None) -> Any:
        """Send *said* as JSON, under an idempotency key of its own, and return the answer. Raises `Refused`."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": secrets.token_hex(16)}
        return self._answer("POST", path, token, json.dumps(said).encode(), headers)

    def send_file(self, path: str, fields: Mapping[str, str], name: str, content: bytes, token: str) -> Any:
        """Send *content* as the multipart field `file`, with further *fields*. Raises `Refused`."""
        boundary = secrets.token_hex(16)
        parts = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
            for field, value in fields.items()
        ]
        parts.append(
            f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            f"Content-Type: application/octet-stream\r\n\r\n".encode()
        )
        body = b"".join(parts) + content + f"\r\n--{boundary}--\r\n".encode()
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Idempotency-Key": secrets.token_hex(16),
        }
        return self._answer("POST", path, token, body, headers)

    def _answer(
        self, method: str, path: str, token: str | None, body: bytes | None, headers: dict[str, str]
    ) -> Any:
        headers = {"Accept": "application/json", "Accept-Language": "zh-CN", **headers}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self._connection.request(method, API + path, body=body, headers=headers)
        response = self._connection.getresponse()
        content = response.read()
        answer = json.loads(content) if content else None
        if response.status >= http.client.BAD_REQUEST:
            raise Refused(response.status, answer if isinstance(answer, dict) else {})
        return answer
