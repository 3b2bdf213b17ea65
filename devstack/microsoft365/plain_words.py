"""What each permission and directory role means, in the one sentence a page shows below its title."""

from collections.abc import Mapping
from typing import Final

PERMISSIONS: Final[Mapping[str, tuple[str, str]]] = {
    "User.Read.All": ("Read all users", "Names, addresses and licences of everybody in your organization."),
    "Group.Read.All": ("Read all groups", "Which groups there are and who is in them."),
    "Directory.Read.All": ("Read directory data", "Your organization, its domains, subscriptions and directory roles."),
    "DeviceManagementManagedDevices.Read.All": (
        "Read Intune devices",
        "Which devices are managed and whether they meet your rules.",
    ),
    "SecurityEvents.Read.All": ("Read your Secure Score", "How Microsoft rates the security of your organization."),
    "Reports.Read.All": (
        "Read usage reports",
        "Which mailboxes there are and how full they are, never what is in them.",
    ),
    "Mail.Read": ("Read the mail of the signed-in person", "Only of somebody who signs in to the app, and only then."),
    "User.ReadWrite.All": ("Read and change all users", "Creates, changes and blocks accounts."),
    "GroupMember.ReadWrite.All": ("Read and change group members", "Adds people to groups and removes them."),
    "Application.Read.All": ("Read all applications", "Which apps there are and what was granted to them."),
    "AuditLog.Read.All": ("Read audit logs", "Who signed in and what was changed, and when."),
    "Policy.Read.All": ("Read your policies", "The rules that decide who may sign in, and how."),
}
ROLES: Final[Mapping[str, str]] = {
    "Global Administrator": "Can do everything in your organization.",
    "Global Reader": "Reads all settings, changes none.",
    "Directory Readers": "Reads users, groups and licences.",
    "Security Reader": "Reads security settings, alerts and the Secure Score.",
    "Reports Reader": "Reads usage reports and sign-in logs.",
    "Service Support Administrator": "Reads service health and opens support requests at Microsoft.",
    "Helpdesk Administrator": "Resets passwords of people who are no administrators.",
    "User Administrator": "Creates, changes and blocks users.",
    "License Administrator": "Gives licences to people and takes them back.",
    "Groups Administrator": "Creates groups and changes who is in them.",
    "Intune Administrator": "Manages devices, their apps and their rules.",
    "Exchange Administrator": "Manages mailboxes and how mail flows.",
    "SharePoint Administrator": "Manages sites and who may share them.",
    "Teams Administrator": "Manages Teams, its meetings and calls.",
    "Security Administrator": "Reads and changes security settings.",
    "Security Operator": "Reads security alerts and acts on them.",
    "Password Administrator": "Resets passwords of people who are no administrators.",
    "Authentication Administrator": "Resets the sign-in methods of people who are no administrators.",
    "Privileged Authentication Administrator": "Resets the sign-in methods of anybody.",
    "Privileged Role Administrator": "Hands out directory roles.",
    "Application Administrator": "Manages all apps and what they may do.",
    "Cloud Application Administrator": "Manages cloud apps and what they may do.",
    "Conditional Access Administrator": "Manages the rules that decide who may sign in.",
    "Directory Writers": "Reads and changes basic directory data.",
    "Domain Name Administrator": "Manages the domains of your organization.",
    "Message Center Reader": "Reads announcements of changes to Microsoft's services.",
    "Usage Summary Reports Reader": "Reads sums of usage reports, no names.",
}


def describe_permission(name: str) -> tuple[str, str]:
    """The title and the sentence; a permission nobody has described shows its own name."""
    return PERMISSIONS.get(name, (name, "See Microsoft's permissions reference for what it covers."))


def describe_role(name: str) -> str:
    return ROLES.get(name, "See Microsoft's list of built-in roles for what it covers.")


def describe_duration(text: str) -> str:
    """`P730D` in words; anything else as it is."""
    days = text.removeprefix("P").removesuffix("D")
    return f"{days} days" if days.isdigit() else text
