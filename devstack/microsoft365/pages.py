"""The pages a person sees at the simulated sign-in service: real forms, readable by people and by tests."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from aiohttp import web

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8884; --accent: #0f6cbd; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; display: grid; min-height: 100vh; place-items: center; }
main { max-width: 30rem; margin: 1rem; padding: 2rem; border: 1px solid var(--line); border-radius: .75rem; }
h1 { font-size: 1.4rem; margin: 0 0 .5rem; } ul { padding-left: 1.2rem; } .note { opacity: .75; font-size: .9rem; }
form { display: grid; gap: .75rem; margin-top: 1.25rem; } label { display: grid; gap: .25rem; }
select, button { font: inherit; padding: .5rem .75rem; border-radius: .4rem; border: 1px solid var(--line); }
.actions { display: flex; gap: .75rem; justify-content: flex-end; }
button[value=accept] { background: var(--accent); color: #fff; border-color: var(--accent); }
"""


def consent_page(app_name: str, permissions: Sequence[str], accounts: Mapping[str, str], chosen: str) -> web.Response:
    """Asks an administrator for consent; `accounts` are tenant ids and the administrators' names."""
    listed = "".join(f"<li>{escape(name)}</li>" for name in permissions)
    return _page(
        "Permissions requested",
        f"<h1>Permissions requested</h1><p><strong>{escape(app_name)}</strong> would like to, for your whole"
        f" organization:</p><ul>{listed}</ul><p class=note>Accepting gives this app access for all users. You can"
        f" review it at any time under Enterprise applications.</p>{_form(accounts, chosen, 'Accept')}",
    )


def sign_in_page(app_name: str, accounts: Mapping[str, str], chosen: str) -> web.Response:
    """Asks who signs in."""
    return _page(
        "Sign in",
        f"<h1>Sign in</h1><p>to continue to <strong>{escape(app_name)}</strong></p>"
        f"{_form(accounts, chosen, 'Continue')}",
    )


def approval_page(
    partner_name: str, duration: str, roles: Sequence[str], accounts: Mapping[str, str], chosen: str
) -> web.Response:
    """Asks a customer's administrator to approve a partner's roles."""
    listed = "".join(f"<li>{escape(name)}</li>" for name in roles)
    return _page(
        "Approve partner roles",
        f"<h1>Approve partner roles</h1><p><strong>{escape(partner_name)}</strong> asks for these roles in your"
        f" organization, for {escape(duration)}:</p><ul>{listed}</ul><p class=note>You can end this at any time under"
        f" Settings &gt; Partner relationships.</p>{_form(accounts, chosen, 'Approve all')}",
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


def _form(accounts: Mapping[str, str], chosen: str, accept: str) -> str:
    options = "".join(
        f'<option value="{escape(tenant)}"{" selected" if tenant == chosen else ""}>{escape(name)}</option>'
        for tenant, name in accounts.items()
    )
    return (
        f"<form method=post><label>Signed in as <select name=account_tenant>{options}</select></label>"
        "<div class=actions><button name=action value=cancel>Cancel</button>"
        f"<button name=action value=accept>{accept}</button></div></form>"
    )


def _page(title: str, content: str, status: int = 200) -> web.Response:
    document = (
        f'<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">'
        f"<title>{escape(title)} (simulated)</title><style>{_STYLE}</style><main>{content}"
        "<p class=note>This is the development simulator, not Microsoft.</p></main></html>"
    )
    return web.Response(text=document, content_type="text/html", status=status)
