"""The catalogue of everything that can go wrong, in words a technician can act on.

One entry a code: who must act (`owner`) and what to do next. Codes are part of the HTTP contract.
"""

from dataclasses import dataclass, replace

from tenantsync.guidance import Owner, find_sign_in_guidance


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem as shown to people; `message` says what happened this time, `microsoft_code` what Microsoft said."""

    code: str
    status: int
    title: str
    owner: Owner
    next_action: str
    message: str = ""
    microsoft_code: str = ""

    def to_json(self) -> dict[str, str]:
        """The `problem` object of sync-status."""
        said = {"microsoftCode": self.microsoft_code} if self.microsoft_code else {}
        return {
            "code": self.code,
            "message": f"{self.title}: {self.message}" if self.message else f"{self.title}.",
            "owner": self.owner.value,
            "nextAction": self.next_action,
            **said,
        }


_TECHNICIAN, _ADMIN, _OPS, _MICROSOFT = Owner.TECHNICIAN, Owner.CUSTOMER_ADMIN, Owner.MSP_OPS, Owner.MICROSOFT
_START_AGAIN = "Connect the tenant again and send the customer's administrator the new link."

_CATALOGUE = {
    code: Problem(code, status, title, owner, next_action)
    for code, status, title, owner, next_action in (
        # Requests
        ("invalid_request", 400, "The request is not valid", _TECHNICIAN, "Correct what is named here and send it again."),
        ("invalid_tenant", 400, "This is not a tenant that can be connected", _TECHNICIAN, "Enter a domain the customer owns in Microsoft 365, or the tenant's GUID."),
        ("invalid_return_url", 400, "The return address is not allowed", _TECHNICIAN, "Use a path such as /tenants or an address of the portal itself."),
        ("invalid_state", 400, "This consent link is not known", _TECHNICIAN, _START_AGAIN),
        ("payload_too_large", 413, "The request is too large", _TECHNICIAN, "Send at most 64 KB."),
        ("unauthenticated", 401, "Sign-in is needed", _TECHNICIAN, "Sign in to the portal again."),
        ("role_missing", 403, "Your account lacks the role for this", _OPS, "Ask the person who manages OpsPilot365 in your company to give you the role named here."),
        ("operator_only", 403, "This concerns all companies on this service", _OPS, "Ask the operator of this service; it is for operations of the tenant named by OPERATOR_TENANT_ID."),
        ("msp_not_allowed", 403, "Your company is not enabled here", _OPS, "Ask the operator of this service to enable your company's tenant."),
        ("not_found", 404, "There is nothing here", _TECHNICIAN, "Check the address."),
        ("tenant_not_found", 404, "Microsoft knows no such tenant", _TECHNICIAN, "Check the spelling of the domain, or use another domain of the customer."),
        ("customer_not_found", 404, "This customer does not exist", _TECHNICIAN, "Choose a customer from the list, or create one by name."),
        ("tenant_unknown", 404, "No connection for this tenant", _TECHNICIAN, "Connect the tenant first."),
        ("resource_unknown", 404, "There is no such inventory", _TECHNICIAN, "Use one of the resources named here."),
        ("tenant_already_connected", 409, "This tenant is already connected", _TECHNICIAN, "Open the customer named here; if none is named, contact support."),
        ("access_model_unsupported", 400, "DAP cannot be set up any more", _TECHNICIAN, "Choose GDAP and send the customer's administrator the approval link; DAP that is still there is moved to GDAP."),
        ("rate_limited", 429, "Too many connections at once", _TECHNICIAN, "Wait a minute, then go on."),
        ("service_unavailable", 503, "The service is not ready", _OPS, "Try again in a minute; if it stays, look at the service's health and logs."),
        ("newer_release", 503, "A newer release of this service has written this", _OPS, "Deploy that release again; until then nothing of it is read or changed."),
        ("internal_error", 500, "Something went wrong on our side", _OPS, "Try again; if it stays, give support the correlation id."),
        ("tenant_in_two_clouds", 409, "This tenant exists in more than one Microsoft cloud", _TECHNICIAN, "Ask the customer which cloud is meant, and choose that one."),
        ("tenant_in_other_cloud", 400, "This tenant is in another Microsoft cloud", _OPS, "Register the app in that cloud and use a deployment of this service for it."),
        ("empty_answer", 200, "Microsoft sent nothing where there was something before", _TECHNICIAN, "Look whether the tenant really has none of these any more. Nothing was deleted; the next sync that gets nothing is believed."),
        ("run_unknown", 404, "There is no such sync", _TECHNICIAN, "Choose one of the tenant's syncs; old ones are forgotten."),
        ("history_unknown", 404, "No history is left of this orchestration", _OPS, "Nothing to do: it was purged, or has not begun. What the run's resources came to is kept."),
        ("switched_off", 409, "This resource is switched off", _TECHNICIAN, "Switch it on for this tenant if you need it."),
        ("sync_running", 409, "A sync of this tenant is running", _TECHNICIAN, "Wait until it has ended, or cancel it first."),
        ("cancelled", 409, "The sync was cancelled", _TECHNICIAN, "Start the sync again when you want to."),
        ("ended_by_ops", 409, "Operations ended this sync", _TECHNICIAN, "Ask operations whether its cause is gone, then start the sync again; what had arrived is kept."),
        ("tenant_disconnecting", 409, "This tenant is being disconnected", _TECHNICIAN, "Wait a few minutes until its data is removed, then try again."),
        ("tenant_changed", 409, "Somebody else changed this at the same moment", _TECHNICIAN, "Load it again and repeat your change."),
        ("transfer_unknown", 404, "There is no such transfer", _TECHNICIAN, "Ask the company that offered it to create a new one."),
        ("transfer_closed", 409, "This transfer has ended", _TECHNICIAN, "Ask for a new one if the tenant should still change hands."),
        ("transfer_pending", 409, "A transfer of this tenant is open already", _TECHNICIAN, "Use that one, or cancel it first."),
        ("transfer_unproven", 409, "The tenant's administrator has not proven himself yet", _ADMIN, "Let the tenant's Global Administrator open the transfer's proof link and sign in."),
        ("operation_unknown", 400, "There is no such operation", _TECHNICIAN, "Use one of the operations named here."),
        ("operation_unavailable", 409, "This operation is not set up on this service", _OPS, "Set WRITE_CLIENT_ID: unattended changes need an app registration of their own."),
        ("grant_not_found", 409, "Microsoft does not show the new permissions", _ADMIN, "Ask for the permissions again and let the Global Administrator accept all of them; one that was declined is not granted."),
        ("customer_exists", 409, "A customer of this name exists already", _TECHNICIAN, "Use the customer named here, or choose another name."),
        ("customer_changed", 412, "The customer was changed meanwhile", _TECHNICIAN, "Load it again and repeat your change."),
        ("customer_has_tenants", 409, "This customer has tenants", _TECHNICIAN, "Move its tenants to another customer, or disconnect them first."),
        ("reference_taken", 409, "This company is another customer already", _TECHNICIAN, "Take the reference away from the customer named here first, or accept the suggestion that joins the two."),
        ("batch_unknown", 404, "There is no such list of tenants", _TECHNICIAN, "Choose one of your own lists."),
        ("customer_unclear", 409, "Which customer this tenant belongs to is not certain", _TECHNICIAN, "Choose one of the candidates, or another customer."),
        ("idempotency_key_used", 409, "This Idempotency-Key belongs to another list", _TECHNICIAN, "Send another key with another list."),
        ("invitations_unavailable", 409, "Links for many tenants are not set up on this service", _OPS, "Set STATE_SIGNING_KEY."),
        ("tenant_repeated", 409, "This tenant is in the list more than once", _TECHNICIAN, "Nothing to do for this line: the tenant's first one counts."),
        ("suggestion_unknown", 404, "There is no such suggestion", _TECHNICIAN, "Load the suggestions again: this one was decided, or its customer is gone."),
        ("webhook_invalid", 400, "Notifications cannot be sent there", _TECHNICIAN, "Give an https address on a public host, without a user name in it."),
        ("webhooks_unavailable", 409, "Notifications are not set up on this service", _OPS, "Set WEBHOOK_SIGNING_KEY."),
        # PSAs: their connections, companies and tickets
        ("psa_not_connected", 404, "This PSA is not connected", _TECHNICIAN, "Connect it first."),
        ("psa_account_changed", 409, "This is the PSA of another company", _TECHNICIAN, "Check the account. If it is right, disconnect the PSA first: ids of one company mean others in the next."),
        ("psa_connection_changed", 409, "The PSA was connected anew, or disconnected, while its companies were synced", _TECHNICIAN, "Nothing to do if it is still connected: the next sync begins by itself within the hour, or as soon as you ask for one."),
        ("psa_mass_change", 409, "So many companies would become inactive that none was", _TECHNICIAN, "Look in the PSA: an API user that lost rights sees fewer companies, or none. If they are really gone, start the sync again and allow the number named here to be deactivated (mayDeactivate)."),
        ("psa_secret_lost", 409, "The credentials of this PSA can no longer be read", _TECHNICIAN, "Enter them again."),
        ("psa_ticket_not_found", 404, "The PSA has no such ticket", _TECHNICIAN, "Check the ticket's number in the PSA; the note is tried again for a day."),
        ("vault_missing", 409, "This service has no place for secrets", _OPS, "Set KEY_VAULT_URL, or SECRETS_KEY in development."),
        ("vault_unavailable", 503, "The vault did not answer", _OPS, "Try again in a minute; if it stays, look at the Key Vault and the role of the app's identity on it."),
        # GDAP and DAP
        ("partner_access_missing", 409, "This service may not manage GDAP in your own tenant", _OPS, "In your company's own tenant, grant this service's app the application permissions DelegatedAdminRelationship.ReadWrite.All, Directory.Read.All and Group.Read.All, and provision the service principal 2832473f-ec63-45fb-976f-5d45a7d4bb91 (docs/operations.md has the commands). Nothing was made."),
        ("partner_throttled", 429, "Microsoft asks us to slow down in your own tenant", _MICROSOFT, "Try the same again in a minute or two; what was made meanwhile is found again."),
        ("relationship_refused", 409, "Microsoft refuses the GDAP relationship", _TECHNICIAN, "Check that the customer is not your own company and that roles and duration are right; nothing was made."),
        ("relationship_unknown", 404, "There is no such GDAP relationship", _TECHNICIAN, "Choose one of your relationships."),
        ("relationship_closed", 409, "This GDAP relationship cannot be changed any more", _TECHNICIAN, "Ask the customer for a new one."),
        ("security_group_unusable", 400, "This group cannot be given roles", _TECHNICIAN, "Name a security group of your own company's tenant; Microsoft 365 and distribution groups do not work."),
        ("approval_expired", 410, "Nobody approved the GDAP relationship within 90 days", _TECHNICIAN, "Ask for a new one and send the customer's Global Administrator the link."),
        ("role_assignment_failed", 409, "A security group did not get its roles", _OPS, "Look whether the group still exists in your tenant and is a security group; it is tried again by itself every day."),
        ("gdap_roles_missing", 200, "No role of this GDAP relationship is enough for this", _TECHNICIAN, "Roles cannot be added to one that is approved: ask for another with the roles named here, if they are needed."),
        ("dap_legacy", 200, "This customer is reached by DAP, which Microsoft is taking away", _TECHNICIAN, "Ask this customer for GDAP, and take DAP away when GDAP is active."),
        ("dap_not_found", 404, "Microsoft shows no contract with this customer", _TECHNICIAN, "Choose one of the customers with a contract; ask the others for GDAP."),
        ("move_unknown", 404, "There is no such move", _TECHNICIAN, "Choose one of your moves."),
        # Consent and sign-in
        ("link_cancelled", 410, "This connection was cancelled", _TECHNICIAN, _START_AGAIN),
        ("admin_role_missing", 403, "The person who signed in is not an administrator who may consent", _ADMIN, "Somebody with the role Global Administrator (or Privileged Role Administrator) is needed; if the role is activated on demand, it must be activated first."),
        ("admin_role_unproven", 403, "Whether this person is an administrator cannot be seen", _ADMIN, "Let the customer's Global Administrator grant every permission that is asked for: Directory.Read.All shows who is an administrator."),
        ("mfa_required", 403, "Multi-factor authentication was not completed", _ADMIN, "Let the administrator complete the second factor."),
        ("subscription_missing", 400, "The tenant has no active subscription for this", _ADMIN, "Ask the customer which Microsoft 365 plans are active; without one there is nothing to connect."),
        ("needs_reconsent", 200, "Permissions are waiting for consent", _ADMIN, "Ask for the inventory's permissions again and send the administrator the link; until then everything else goes on."),
        ("app_not_found", 502, "Microsoft does not know this service's app in its own tenant", _OPS, "Compare CLIENT_ID and HOME_TENANT_ID with the app registration."),
        ("app_not_multitenant", 502, "The app registration is not multi-tenant", _OPS, "In the app registration, under Authentication, choose accounts in any organizational directory."),
        ("state_used", 409, "This link has been used already", _TECHNICIAN, "Open the tenant's status: it says how the connection stands. If it has ended, connect the tenant again."),
        ("link_expired", 410, "This link has expired", _TECHNICIAN, _START_AGAIN),
        ("link_replaced", 410, "A newer link has replaced this one", _TECHNICIAN, "Use the newest link; connecting again made the older one void."),
        ("consent_declined", 400, "The administrator declined", _ADMIN, "Explain what the permissions are for, then let the administrator open the link again: connect the tenant once more to get it."),
        ("consent_failed", 400, "Microsoft reported an error during consent", _ADMIN, "Look up the code Microsoft gave, then try again with the customer's Global Administrator."),
        ("wrong_tenant", 409, "Consent came from another tenant than the one entered", _TECHNICIAN, "Check which tenant the administrator signed in to. Connect that tenant instead, or start again; in the other tenant the enterprise application can be removed."),
        ("sign_in_failed", 400, "The administrator's sign-in could not be proven", _ADMIN, "Let the administrator sign in with the account of the customer's tenant."),
        ("consent_not_found", 400, "Microsoft has not confirmed the consent", _ADMIN, "Let the customer's Global Administrator accept the permissions; connect the tenant again to get the link."),
        ("consent_lost", 400, "The customer's consent is gone", _ADMIN, "Let the customer's Global Administrator consent again."),
        ("consent_pending", 400, "Consent is on its way through Microsoft's services", _MICROSOFT, "Nothing to do: this is checked again by itself for ten minutes."),
        ("token_mismatch", 502, "Microsoft's token does not belong to this tenant", _OPS, "Report this to the operator of this service: nothing was attached."),
        ("credential_rejected", 502, "Microsoft refuses this service's own credential", _OPS, "Renew the app registration's secret, certificate or federated credential."),
        ("redirect_uri_mismatch", 502, "The redirect address is not registered", _OPS, "Register CALLBACK_URL exactly as configured in the app registration."),
        # Sync
        ("permission_missing", 403, "A permission is missing", _ADMIN, "Ask for the inventory's permissions again and send the link to the customer's Global Administrator; then start the sync again."),
        ("not_licensed", 400, "The tenant has no licence for this service", _ADMIN, "Nothing to do, unless the customer should have it: then the licence must be bought first."),
        ("throttled", 429, "Microsoft asks us to slow down", _MICROSOFT, "Nothing to do: the sync goes on by itself."),
        ("microsoft_unavailable", 503, "Microsoft did not answer", _MICROSOFT, "Try again in a few minutes; if it stays, look at Microsoft's service health."),
        ("page_expired", 502, "Microsoft withdrew the listing's page links", _MICROSOFT, "Start the sync again later; the listing was restarted several times without success."),
        ("unexpected_answer", 502, "Microsoft answered in an unknown way", _OPS, "Report this with the correlation id; the other resources are not touched."),
        ("count_mismatch", 502, "Fewer objects arrived than Microsoft counts", _MICROSOFT, "Start the sync again; if it stays, Microsoft's count is behind or the listing has a gap."),
        ("objects_unusable", 502, "Some objects could not be stored", _OPS, "Report this with the correlation id: they have no id or are larger than the store allows."),
        ("names_concealed", 200, "The report hides who the mailboxes belong to", _ADMIN, "In the Microsoft 365 admin center open Settings > Org settings > Reports and switch off \"Display concealed user, group, and site names in all reports\"."),
        ("no_subscription", 200, "The tenant has no subscription", _ADMIN, "Ask the customer whether a Microsoft 365 plan should be active; an expired trial looks like this."),
        ("no_baseline_yet", 200, "Microsoft has no Secure Score for this tenant yet", _MICROSOFT, "Nothing to do: new tenants get their first score within a day or two."),
        ("write_conflict", 409, "Two workers met on the same row", _OPS, "Nothing to do: the work is repeated by itself."),
        ("storage_unavailable", 503, "The data store did not answer", _OPS, "Try again in a minute; if it stays, look at the storage account."),
        # PSA
        ("psa_host_refused", 400, "This address of a PSA cannot be called", _TECHNICIAN, "Give the PSA's address as you sign in to it: https, on a public host, with a valid certificate, without a user name in it."),
        ("psa_account_unknown", 400, "The PSA knows no such account", _TECHNICIAN, "Compare company id, user name or tenant, and the region's address, with those you sign in to the PSA with."),
        ("psa_key_refused", 400, "The PSA refuses these credentials", _TECHNICIAN, "Create new credentials for the API user in the PSA and enter them here; customers that are there already stay as they are."),
        ("psa_permission_missing", 400, "The PSA's API user lacks a permission", _TECHNICIAN, "Let the API user (its security role or level, or the application's permissions) read companies, and read and change tickets where notes are wanted."),
        ("psa_nothing_visible", 400, "The PSA shows its API user no companies", _TECHNICIAN, "Let the API user see all companies; a restricted user gets empty answers instead of errors."),
        ("psa_types_unclear", 400, "Which of the PSA's companies are customers cannot be told", _TECHNICIAN, "Choose those of the types named here that stand for customers (customerTypes)."),
        ("psa_integration_refused", 502, "The PSA refuses this service's own identification", _OPS, "Compare CONNECTWISE_CLIENT_ID or AUTOTASK_INTEGRATION_CODE with the vendor's registration; an MSP's own tracking identifier must be the one of its API user."),
        ("psa_not_set_up", 409, "This PSA is not set up on this service", _OPS, "Set what is named here; the vendor gives it to registered products."),
        ("psa_throttled", 429, "The PSA asks us to slow down", _OPS, "Nothing to do: it goes on by itself. If it stays, look which other integrations use up the PSA's limit."),
        ("psa_unavailable", 503, "The PSA did not answer", _OPS, "Check the address; if it is right, try again in a few minutes and look at the vendor's status page. Customers that are there already stay as they are."),
        ("psa_listing_changed", 503, "The PSA's list changed while it was read", _OPS, "Nothing to do: it is read again from the beginning."),
        ("psa_listing_incomplete", 503, "The PSA listed fewer companies than it counts", _TECHNICIAN, "Companies that were not listed stay as they are. Let the API user see all companies; the next full sync looks again."),
        ("psa_unexpected_answer", 502, "The PSA answered in an unknown way", _OPS, "Check that the address is the PSA's; if it is, report this with the correlation id. Customers that are there already stay as they are."),
        ("psa_ticket_not_closable", 409, "The ticket cannot be closed from here", _TECHNICIAN, "Close it in the PSA, or give its board or statuses one that is called Closed or Complete."),
    )
}  # fmt: skip


_LINK_IS_USED_UP = frozenset(
    {
        "consent_failed",
        "sign_in_failed",
        "admin_role_missing",
        "admin_role_unproven",
        "mfa_required",
        "subscription_missing",
    }
)
_NEW_LINK = " The link is used up by this: make a new one and send it."


def find_problem(code: str, message: str = "", microsoft_code: str = "") -> Problem:
    """The catalogue's entry with this time's message; raises KeyError for a code nobody described.

    A sign-in code of Microsoft's, when known, says better than the entry whose move it is.
    """
    problem = replace(_CATALOGUE[code], message=message, microsoft_code=microsoft_code)
    guidance = find_sign_in_guidance(microsoft_code)
    if guidance is not None:
        said = f"{message.removesuffix('.')}. " if message else ""
        told = f"{said}{guidance.meaning}"
        problem = replace(problem, message=told, owner=guidance.owner, next_action=guidance.next_action)
    return replace(problem, next_action=problem.next_action + _NEW_LINK) if code in _LINK_IS_USED_UP else problem


def all_problems() -> tuple[Problem, ...]:
    """Every entry, in the catalogue's order."""
    return tuple(_CATALOGUE.values())


def all_problem_codes() -> tuple[str, ...]:
    """Every code, in the catalogue's order."""
    return tuple(_CATALOGUE)
