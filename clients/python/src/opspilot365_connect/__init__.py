"""OpsPilot365 Connect's API: `Connect` has a method for each operation, and follows syncs and pages by itself."""

from opspilot365_connect import models
from opspilot365_connect.client import Connect
from opspilot365_connect.errors import ConnectError, NoAnswerError, ProblemError
from opspilot365_connect.pages import every
from opspilot365_connect.transport import etag_of

__all__ = ["Connect", "ConnectError", "NoAnswerError", "ProblemError", "etag_of", "every", "models"]
