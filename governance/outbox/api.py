"""`/api/v2/governance/messages/`: an e-mail to people outside."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from governance.access.rest import act
from governance.outbox.actions import SendMessage
from governance.outbox.shapes import MailOut, mail_out


class MessagesView(APIView):
    @extend_schema(request=SendMessage, responses={201: MailOut}, operation_id="governance_messages_send")
    def post(self, request: Request) -> Response:
        """Answers 423 with the checkpoint: no e-mail leaves before a person has approved exactly this one."""
        return act(request, "governance.message.send", request.data, mail_out, 201)
