"""The desk: what an analyst sees of coded visits and decides about them. Writes decisions and the access log.

    logins = Logins(clock)
    desk = build(store, Desk(clock=clock, logins=logins, hashed=hashed, ...))
    print(f"desk http://127.0.0.1:8081{logins.new_path()}")

Every page and every answer needs a login, except the login itself and the style sheet. A one-time link becomes a cookie
(HttpOnly, SameSite=Strict). The `Host` header must be a loopback name or a configured one, so that no foreign page can
reach the desk through a name of its own. Each look is in the access log before it is shown. No script, nothing from
elsewhere: the content security policy allows the style sheet and pictures of this origin, no more.

Refused: to post, to change a coding, to show anything on the hooks listener.
"""

from fhir_adapter.web.desk import build
from fhir_adapter.web.logins import Logins
from fhir_adapter.web.viewing import Desk

__all__ = ["Desk", "Logins", "build"]
