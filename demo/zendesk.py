"""A stand-in for Zendesk Support: its cursor-based exports of tickets and users, and the ways in which they fail.

Knows what is in the `zendesk.json` of the example company, and lives in its time. Spoken as the vendor documents it
(incremental exports, API v2) and as its recorded answers show.
"""

import base64
import json
