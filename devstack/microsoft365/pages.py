"""The pages a person sees at the simulated sign-in service: real forms, readable by people and by tests."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Final

from aiohttp import web

from devstack.microsoft365.plain_words import describe_duration, describe_permission, describe_role
from devstack.microsoft365.technicians import Technician

_STYLE: Final = Path(__file__).with_name("pages.css").read_text()


def consent_page(app_name: str, permissions: Sequence[str], accounts: Mapping[str, str], chosen: str) -> web.Response:
    """Asks an administrator for consent; `accounts` are tenant ids and the administrators' names."""
    described = [(*describe_permission(name), name) for name in permissions]
    listed = "".join(
        f"<dt>{escape(title)}</dt><dd>{escape(sentence)}<br><code>{escape(name)}</code></dd>"
        for title, sentence, name in described
    )
    return _page(
        "Permissions requested",
        f"<h1>Permissions requested</h1><p class=quiet>Review for your organization</p>{_who(app_name, 'Application')}"
        f"<p>This app would like to:</p><dl>{listed}</dl><p>If you accept, this app gets access to these resources for"
        " all users in your organization. Nobody else will be asked to review them.</p><p class=quiet>You can take this"
        f" back at any time under Enterprise applications.</p>{_form(accounts, chosen, 'Accept')}",
    )


def sign_in_page(app_name: str, accounts: Mapping[str, str], chosen: str) -> web.Response:
    """Asks a customer's administrator to sign in."""
    return _page(
        "Sign in",
        f"<h1>Sign in</h1><p>to continue to <strong>{escape(app_name)}</strong></p>"
        f"<p class=quiet>No password is needed here.</p>{_form(accounts, chosen, 'Continue', label='Account')}",
    )


def pick_account_page(app_name: str, accounts: Iterable[Technician], hint: str) -> web.Response:
    """Asks an MSP's people who they are; `hint` is the username to come first."""
    ordered = sorted(accounts, key=lambda one: one.spec.username.lower() != hint.lower())
    listed = "".join(_account(one, is_hinted=one.spec.username.lower() == hint.lower()) for one in ordered)
    return _page(
        "Pick an account",
        f"<h1>Pick an account</h1><p>to continue to <strong>{escape(app_name)}</strong></p>"
        f"<form method=post><ul class=accounts>{listed}</ul><p class=quiet>No password is needed here.</p>"
        "<div class=actions><button name=action value=cancel>Cancel</button></div></form>",
    )


def approval_page(
    partner_name: str, duration: str, roles: Sequence[str], accounts: Mapping[str, str], chosen: str
) -> web.Response:
    """Asks a customer's administrator to approve a partner's roles."""
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(describe_role(name))}</dd>" for name in roles)
    return _page(
        "Approve partner roles",
        f"<h1>Approve partner roles</h1>{_who(partner_name, 'Partner')}<p>asks for these Microsoft Entra roles in your"
        f" organization, for <strong>{escape(describe_duration(duration))}</strong>:</p><dl>{listed}</dl><p>Only people"
        " of the partner whom it has put into the right groups get these roles.</p><p class=quiet>You can end this at"
        f" any time under Settings &gt; Partner relationships.</p>{_form(accounts, chosen, 'Approve all')}",
    )


def portal_page() -> web.Response:
    """The admin center's shell: what to show stands behind the # of its address, which only a browser sees."""
    script = "location.replace(location.hash.slice(1) || '/')"
    return _page("Admin center", f"<h1>Admin center</h1><script>{script}</script>")


def told_page(title: str, text: str) -> web.Response:
    """Says that something is done."""
    return _page(title, f"<h1>{escape(title)}</h1><p>{escape(text)}</p>")


def error_page(code: str, text: str) -> web.Response:
    """What Microsoft shows when it cannot send the person back."""
    return _page(
        "Sorry",
        f"<h1>Sorry, but we\u2019re having trouble signing you in.</h1><p>{escape(code)}: {escape(text)}</p>",
        status=400,
    )


def _account(technician: Technician, *, is_hinted: bool) -> str:
    mark, name, username = _mark(technician.spec.name), escape(technician.spec.name), escape(technician.spec.username)
    roles = ", ".join(role.rsplit(".", 1)[-1] for role in technician.spec.roles) or "no role"
    about = escape(f"{technician.msp.name} \u00b7 {roles}")
    return (
        f'<li><button name=account value="{username}"{" aria-current=true" if is_hinted else ""}>{mark}'
        f"<span><span class=name>{name}</span><span>{username}</span><br><span class=quiet>{about}</span></span>"
        "</button></li>"
    )


def _who(name: str, about: str) -> str:
    text = f"<strong>{escape(name)}</strong><br><span class=quiet>{escape(about)}</span>"
    return f"<div class=who>{_mark(name)}<div>{text}</div></div>"


def _mark(name: str) -> str:
    initials = "".join(word[0] for word in name.split()[:2]).upper()
    return f"<span class=mark aria-hidden=true>{escape(initials)}</span>"


def _form(accounts: Mapping[str, str], chosen: str, accept: str, label: str = "Signed in as") -> str:
    options = "".join(
        f'<option value="{escape(tenant)}"{" selected" if tenant == chosen else ""}>{escape(name)}</option>'
        for tenant, name in accounts.items()
    )
    return (
        f"<form method=post><label>{label} <select name=account_tenant>{options}</select></label>"
        "<div class=actions><button name=action value=cancel>Cancel</button>"
        f"<button name=action value=accept>{accept}</button></div></form>"
    )


def _page(title: str, content: str, status: int = 200) -> web.Response:
    document = (
        "<!doctype html><html lang=en><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1">'
        f"<link rel=icon href=data:,><title>{escape(title)} (simulated)</title><style>{_STYLE}</style>"
        "<header class=ribbon><strong>Simulated.</strong> This is the development stack, not Microsoft.</header>"
        f"<main><p class=service>Microsoft 365 simulator</p>{content}</main></html>"
    )
    return web.Response(text=document, content_type="text/html", status=status)
