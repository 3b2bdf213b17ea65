"""The people, groups, devices and mailboxes of a tenant, computed from their number: no list is ever kept.

Every object follows from (seed, index) alone, so a million users cost no more memory than ten, and any page can be
made at any time. Ids look like Microsoft's and lead back to the index.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final

from devstack.microsoft365.scenario import TenantSpec

_FIRST: Final = (
    *("Ada", "Björn", "Chloé", "Dmitri", "Émile", "Fatima", "Grace", "Hiroshi", "İpek"),
    *("José", "Karim", "Łucja", "Mei", "Noor", "Olu", "Priya", "Søren", "Zoë"),
)
_LAST: Final = (
    *("Andersen", "Brûlé", "Chen", "Dubois", "Estrada", "Fischer", "García"),
    *("Hansen", "Ivanov", "Jónsson", "Kowalski", "Müller", "Nakamura", "Okafor"),
)
_DEPARTMENTS: Final = ("Finance", "Engineering", "Sales", "Human Resources", "Production", None)
_WINDOWS, _MACOS, _IOS, _ANDROID = (
    *(("Windows", "10.0.26100.1742"), ("macOS", "15.1"), ("iOS", "18.1"), ("Android", "15")),
)
_SYSTEMS: Final = (_WINDOWS, _IOS, _WINDOWS, _ANDROID, _WINDOWS, _MACOS, _WINDOWS, _IOS, _WINDOWS, _WINDOWS)
_COMPLIANCE: Final = ("compliant", "compliant", "compliant", "noncompliant", "inGracePeriod", "unknown")
_MIX: Final = 0x9E3779B97F4B
_MASK: Final = (1 << 48) - 1
SKUS: Final = (
    ("05e9a617-0261-4cee-bb44-138d3ef5d965", "SPE_E3", ("EXCHANGE_S_ENTERPRISE", "INTUNE_A", "AAD_PREMIUM")),
    ("f30db892-07e9-47e9-837c-80727f46fd3d", "FLOW_FREE", ("FLOW_P2_VIRAL",)),
    ("061f9ace-7d42-4136-88ac-31dc755f143f", "INTUNE_A", ("INTUNE_A",)),
)
_PERIOD: Final = 700
"""After so many users the pattern of guests, licences and mailboxes begins anew."""

Renderer = Callable[[int], Any]


def _is_synced(user: int) -> bool:
    return user % 3 == 0


def _is_unified(group: int) -> bool:
    return group % 3 == 0


def _is_dynamic(group: int) -> bool:
    return group % 11 == 5


def _group_types(group: int) -> list[str]:
    kinds = (("Unified", _is_unified(group)), ("DynamicMembership", _is_dynamic(group)))
    return [kind for kind, applies in kinds if applies]


def _system(device: int) -> tuple[str, str]:
    return _SYSTEMS[device % len(_SYSTEMS)]


def device_platform(device: int) -> str:
    """The operating system's name as Intune has it."""
    return _system(device)[0]


def device_compliance(device: int) -> str:
    """Whether it keeps to the tenant's rules, in Intune's words."""
    return _COMPLIANCE[device % len(_COMPLIANCE)]


@dataclass(frozen=True)
class Population:
    """The objects of one tenant by index; properties are computed one by one, as `$select` asks for them."""

    spec: TenantSpec

    # Ids

    def id_of(self, kind: int, index: int) -> str:
        """A GUID for the object: kind 1 users, 2 groups, 3 devices."""
        mixed = (index * _MIX + self.spec.seed * 7919) & _MASK
        return f"{self._head}-{kind:04x}-4{self.spec.seed & 0xFFF:03x}-8000-{mixed:012x}"

    @cached_property
    def _head(self) -> str:
        return self.spec.tenant_id.replace("-", "")[-8:]

    # Sizes

    @property
    def users(self) -> int:
        return self.spec.users

    @property
    def groups(self) -> int:
        return max(5, self.spec.users // 5)

    @property
    def devices(self) -> int:
        return self.spec.users * 6 // 10 if self.spec.intune else 0

    @property
    def guests(self) -> int:
        return self._count(self.is_guest)

    @property
    def mailboxes(self) -> int:
        return self._count(self.has_mailbox)

    @property
    def assigned(self) -> int:
        return sum(map(self.assigned_of, range(len(SKUS))))

    def assigned_of(self, sku: int) -> int:
        """How many users have this licence."""
        return self._count(partial(self.has_sku, sku=sku))

    @cached_property
    def memberships(self) -> int:
        return sum(self.group_size(group) for group in range(self.groups))

    def _count(self, holds: Callable[[int], bool]) -> int:
        whole, rest = divmod(self.users, _PERIOD)
        in_period = sum(map(holds, range(_PERIOD))) if whole else 0
        return whole * in_period + sum(map(holds, range(rest)))

    # Traits

    @staticmethod
    def is_guest(user: int) -> bool:
        return user % 100 == 7

    @classmethod
    def has_mailbox(cls, user: int) -> bool:
        return user % 10 != 9 and not cls.is_guest(user)

    @classmethod
    def has_sku(cls, user: int, sku: int) -> bool:
        if cls.is_guest(user):
            return False
        return (user % 10 < 7, user % 10 < 2, user % 7 == 0)[sku]

    def group_size(self, group: int) -> int:
        """Everybody is in the first group, some groups are empty, the rest have about sixteen members."""
        if group == 0:
            return self.users
        return 0 if group % 10 == 1 else min(self.users, (group * 7) % 31 + 1)

    def member(self, group: int, number: int) -> int:
        """The user who is a group's member number so-and-so."""
        return (group * 37 + number) % self.users if group else number

    # Users

    def name(self, user: int) -> tuple[str, str]:
        return _FIRST[user % len(_FIRST)], _LAST[user // len(_FIRST) % len(_LAST)]

    def upn(self, user: int) -> str:
        if self.is_guest(user):
            return f"guest{user}_partner.example#EXT#@{self.spec.domain}"
        return f"user{user}@{self.spec.domain}"

    def _skus(self, user: int) -> list[int]:
        return [sku for sku in range(len(SKUS)) if self.has_sku(user, sku)]

    def _licence_state(self, user: int, sku: int) -> dict[str, Any]:
        in_error = sku == 2 and user % 35 == 0
        return {
            "skuId": SKUS[sku][0],
            "assignedByGroup": self.id_of(2, 2) if sku == 2 else None,
            "disabledPlans": [],
            "state": "Error" if in_error else "Active",
            "error": "CountViolation" if in_error else "None",
            "lastUpdatedDateTime": "2026-01-15T08:00:00Z",
        }

    @cached_property
    def user_properties(self) -> dict[str, Renderer]:
        """Properties of a user that differ from null."""
        plan = {"service": "exchange", "servicePlanId": "efb87545-963c-4e0d-99df-69c6916d9eb0"}
        return {
            "id": lambda user: self.id_of(1, user),
            "userPrincipalName": self.upn,
            "displayName": lambda user: " ".join(self.name(user)),
            "givenName": lambda user: self.name(user)[0],
            "surname": lambda user: self.name(user)[1],
            "mail": lambda user: None if user % 10 == 9 else self.upn(user),
            "proxyAddresses": lambda user: [f"SMTP:{self.upn(user)}", f"smtp:alias{user}@{self.spec.domain}"],
            "accountEnabled": lambda user: user % 23 != 0,
            "userType": lambda user: "Guest" if self.is_guest(user) else "Member",
            "createdDateTime": lambda user: f"2021-{user % 12 + 1:02d}-{user % 28 + 1:02d}T10:{user % 60:02d}:00Z",
            "creationType": lambda user: "Invitation" if self.is_guest(user) else None,
            "externalUserState": lambda user: "Accepted" if self.is_guest(user) else None,
            "jobTitle": lambda user: ("Analyst", "Engineer", "Manager", None)[user % 4],
            "department": lambda user: _DEPARTMENTS[user % len(_DEPARTMENTS)],
            "companyName": lambda user: self.spec.display_name or None,
            "officeLocation": lambda user: f"Building {user % 9}",
            "usageLocation": lambda user: ("DE", "US", "GB")[user % 3],
            "onPremisesSyncEnabled": lambda user: True if _is_synced(user) else None,
            "onPremisesImmutableId": lambda user: f"{user:022d}==" if _is_synced(user) else None,
            "onPremisesLastSyncDateTime": lambda user: "2026-03-01T03:00:00Z" if _is_synced(user) else None,
            "lastPasswordChangeDateTime": lambda user: f"2025-{user % 12 + 1:02d}-01T12:00:00Z",
            "assignedLicenses": lambda user: [{"disabledPlans": [], "skuId": SKUS[sku][0]} for sku in self._skus(user)],
            "licenseAssignmentStates": lambda user: [self._licence_state(user, sku) for sku in self._skus(user)],
            "assignedPlans": lambda user: (
                [{"assignedDateTime": "2024-01-01T00:00:00Z", "capabilityStatus": "Enabled", **plan}]
                if self.has_sku(user, 0)
                else []
            ),
        }

    # Groups

    @cached_property
    def group_properties(self) -> dict[str, Renderer]:
        """Properties of a group that differ from null."""
        return {
            "id": lambda group: self.id_of(2, group),
            "displayName": lambda group: "All company" if group == 0 else f"Team {group}",
            "description": lambda group: f"Group number {group}",
            "mail": lambda group: f"team{group}@{self.spec.domain}" if _is_unified(group) else None,
            "mailNickname": lambda group: f"team{group}",
            "mailEnabled": _is_unified,
            "securityEnabled": lambda group: not _is_unified(group),
            "groupTypes": _group_types,
            "visibility": lambda group: "Private" if _is_unified(group) else None,
            "membershipRule": lambda group: '(user.department -eq "Sales")' if _is_dynamic(group) else None,
            "membershipRuleProcessingState": lambda group: "On" if _is_dynamic(group) else None,
            "assignedLicenses": lambda group: [{"disabledPlans": [], "skuId": SKUS[2][0]}] if group == 2 else [],
            "createdDateTime": lambda group: f"2022-{group % 12 + 1:02d}-15T09:00:00Z",
            "renewedDateTime": lambda group: f"2022-{group % 12 + 1:02d}-15T09:00:00Z",
            "proxyAddresses": lambda group: [f"SMTP:team{group}@{self.spec.domain}"] if _is_unified(group) else [],
        }

    # Devices

    @cached_property
    def device_properties(self) -> dict[str, Renderer]:
        """Properties of a managed device that differ from null."""
        return {
            "id": lambda device: self.id_of(3, device),
            "deviceName": lambda device: f"{_system(device)[0].upper()}-{device:06d}",
            "managedDeviceName": lambda device: f"user{device}_{_system(device)[0]}",
            "operatingSystem": device_platform,
            "osVersion": lambda device: _system(device)[1],
            "complianceState": device_compliance,
            "isEncrypted": lambda device: device % 9 != 0,
            "isSupervised": lambda device: _system(device) == _IOS,
            "jailBroken": lambda device: "Unknown",
            "managedDeviceOwnerType": lambda device: "company" if device % 5 else "personal",
            "managementAgent": lambda device: "mdm",
            "enrolledDateTime": lambda device: f"2025-{device % 12 + 1:02d}-03T07:00:00Z",
            "lastSyncDateTime": lambda device: f"2026-02-{device % 28 + 1:02d}T07:00:00Z",
            "userPrincipalName": self.upn,
            "userId": lambda device: self.id_of(1, device),
            "azureADDeviceId": lambda device: self.id_of(4, device),
            "serialNumber": lambda device: f"SN{device:08d}",
            "manufacturer": lambda device: "Contoso Hardware",
            "model": lambda device: f"Model {device % 7}",
            "totalStorageSpaceInBytes": lambda device: 512_110_190_592,
            "freeStorageSpaceInBytes": lambda device: 100_000_000_000 + device,
            "partnerReportedThreatState": lambda device: "unknown",
            "deviceEnrollmentType": lambda device: "windowsAzureADJoin",
        }

    # Reports and ids for comparison

    def mailbox_users(self) -> Iterator[int]:
        """Users with a mailbox."""
        return (user for user in range(self.users) if self.has_mailbox(user))

    def ids(self, resource: str) -> Iterator[str]:
        """The ids of a resource as the inventory should have them; raises KeyError for one without truth."""
        generators: dict[str, Callable[[], Iterator[str]]] = {
            "users": lambda: (self.id_of(1, user) for user in range(self.users)),
            "groups": lambda: (self.id_of(2, group) for group in range(self.groups)),
            "devices": lambda: (self.id_of(3, device) for device in range(self.devices)),
            "mailboxes": lambda: (self.id_of(1, user) for user in self.mailbox_users()),
            "memberships": self._membership_ids,
        }
        return generators[resource]()

    def _membership_ids(self) -> Iterator[str]:
        for group in range(self.groups):
            head = self.id_of(2, group)
            for number in range(self.group_size(group)):
                yield f"{head}_{self.id_of(1, self.member(group, number))}"

    @property
    def seats(self) -> int:
        """Seats of each subscription."""
        return self.users + 25
