"""The bodies of a State: found by name, or entered when one is first named."""

from __future__ import annotations

import sqlalchemy as sa

from tracker import history
from tracker.errors import Invalid
from tracker.extensions import db
from tracker.folding import fold
from tracker.models import Account, Authority
from tracker.services import turns
from tracker.texts import gettext as _


def named(state_id: str, name: str, *, by: Account) -> Authority:
    """The State's authority of that name, whatever its capitals and accents; entered if there is none.

    The right to do so is that of the record it is named in, which the calling service has asked for.
    """
    wanted = " ".join(name.split())
    if not wanted:
        raise Invalid(_("Name the authority."), "authority")
    found = _find(state_id, wanted)
    if found is None:
        turns.take("authority", state_id)
        found = _find(state_id, wanted) or _enter(state_id, wanted, by)
    return found


def _find(state_id: str, name: str) -> Authority | None:
    folded = fold(name)
    known = db.session.scalars(sa.select(Authority).where(Authority.state_id == state_id).order_by(Authority.id))
    return next((authority for authority in known if fold(authority.name) == folded), None)


def _enter(state_id: str, name: str, by: Account) -> Authority:
    authority = Authority(state_id=state_id, name=name)
    db.session.add(authority)
    db.session.flush()
    history.record("authority.created", authority, by=by)
    return authority
