"""What a browser may send to sign in and to look after an account.

Secrets are taken exactly as typed: not trimmed, never shown again.
"""

from __future__ import annotations

from typing import Any

import wtforms
from email_validator import EmailNotValidError, validate_email
from wtforms import widgets
from wtforms.validators import StopValidation

from tracker.forms.base import TrackerForm
from tracker.forms.fields import LineField
from tracker.texts import gettext as _
from tracker.texts import lazy_gettext as _l

LONGEST_EMAIL = 254
LONGEST_NAME = 200


class SecretField(wtforms.PasswordField):
    """A password or code; ``data`` is "" when empty."""

    data: str

    def __init__(self, label: Any, *, required: Any, hint: Any = "", autocomplete: str = "off", **kwargs: Any) -> None:
        super().__init__(label, description=hint, render_kw={"autocomplete": autocomplete}, **kwargs)
        self.type = "PasswordField"
        self.required_message = required
        self.flags.required = True

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = valuelist[0] if valuelist else ""

    def pre_validate(self, form: Any) -> None:
        if not self.data:
            raise StopValidation(str(self.required_message))

    def shown(self, value: Any) -> str:
        """Never."""
        return ""

    def typed(self) -> str:
        """Never."""
        return ""


class CodeField(SecretField):
    """A one-time code or recovery code: shown while it is typed, not afterwards."""

    widget = widgets.TextInput()

    def _value(self) -> str:
        return ""


class TypedEmailField(LineField):
    """The address somebody signs in with: whatever was typed is looked for, so that nothing is told about it (R4)."""

    widget = widgets.EmailInput()

    def __init__(self, label: Any, **kwargs: Any) -> None:
        super().__init__(label, longest=LONGEST_EMAIL, **kwargs)
        self.type = "EmailField"

    def _value(self) -> str:
        return self.data.replace("\0", "\ufffd")  # NUL has no place in a page


class EmailField(TypedEmailField):
    """An e-mail address that could exist."""

    def _fault(self) -> str | None:
        return super()._fault() or _fault_in_email(self.data)


def _fault_in_email(email: str) -> str | None:
    try:
        validate_email(email, check_deliverability=False)
    except EmailNotValidError:
        return _("Enter an e-mail address such as name@example.org")
    return None


class SignInForm(TrackerForm):
    """Who one is, and the password."""

    email = TypedEmailField(
        _l("E-mail address"), required=_l("Enter your e-mail address"), render_kw={"autocomplete": "username"}
    )
    password = SecretField(_l("Password"), required=_l("Enter your password"), autocomplete="current-password")


class FactorForm(TrackerForm):
    """The second factor at sign-in."""

    code = CodeField(
        _l("Code"),
        required=_l("Enter the code"),
        hint=_l("Six digits from your authenticator app, or one of your recovery codes."),
        autocomplete="one-time-code",
    )


class ResetForm(TrackerForm):
    """Who forgot the password."""

    email = TypedEmailField(
        _l("E-mail address"), required=_l("Enter your e-mail address"), render_kw={"autocomplete": "username"}
    )


NEW_PASSWORD_HINT = _l("At least 15 characters; a few words in a row are easy to remember. Any character will do.")


class NewPasswordForm(TrackerForm):
    """A password by a mailed link."""

    token = wtforms.HiddenField()
    new_password = SecretField(
        _l("New password"),
        required=_l("Enter the new password"),
        hint=NEW_PASSWORD_HINT,
        autocomplete="new-password",
    )


class ChangePasswordForm(TrackerForm):
    """A new password by its owner."""

    password = SecretField(
        _l("Present password"), required=_l("Enter your present password"), autocomplete="current-password"
    )
    new_password = SecretField(
        _l("New password"),
        required=_l("Enter the new password"),
        hint=NEW_PASSWORD_HINT,
        autocomplete="new-password",
    )


class SetUpFactorForm(TrackerForm):
    """The first code of a new second factor, and the password again."""

    code = CodeField(
        _l("Code from the app"),
        required=_l("Enter the six digits that the app shows"),
        autocomplete="one-time-code",
    )
    factor = SecretField(_l("Your password"), required=_l("Enter your password"), autocomplete="current-password")


class ConfirmForm(TrackerForm):
    """A factor again, before something that matters."""

    factor = SecretField(
        _l("Password or one-time code"),
        required=_l("Enter your password or a one-time code"),
        autocomplete="current-password",
    )


class PersonForm(TrackerForm):
    """Someone's account, by an administrator."""

    name = LineField(_l("Name"), longest=LONGEST_NAME, required=_l("Enter the name"), hint=_l("As colleagues see it."))
    email = EmailField(
        _l("E-mail address"), required=_l("Enter the e-mail address"), hint=_l("The person signs in with it.")
    )
