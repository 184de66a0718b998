"""The doors of e-invoices and e-receipts: the school's account at the provider, which item needs which, and what became of each."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Request, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from backend.core.http import house_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from payments.documents import accounts, promises
from payments.routes_readers import reads_the_books
from schemas.documents import DocumentList, DocumentState, FeeDocument, NewDocumentAccount, TaxDocument

AnyRequest = Request[Any, Any, Any]

_SCHOOL = "/v1/schools/{school_id:int}"
_DOCUMENTS = msgspec.json.Decoder(list[TaxDocument])


async def documents_of(request: AnyRequest, school_id: int, state: str | None) -> DocumentList:
    await reads_the_books(request, school_id)
    reader = house_of(request).database.reader
    account = await accounts.account_of(reader, school_id)
    return DocumentList(account, _DOCUMENTS.decode(await promises.documents_json(reader, school_id, state)))


@get(_SCHOOL + "/documents", tags=["documents"], **STAFF)
async def list_documents(
    request: AnyRequest, school_id: FromPath[int], only: FromQuery[DocumentState | None] = None
) -> DocumentList:
    """E-invoices and e-receipts, newest first, with the provider's numbers or its last word."""
    return await documents_of(request, school_id, only)


@post(_SCHOOL + "/documents/{document_id:uuid}/send", status_code=204, tags=["documents"], **STAFF)
async def send_document(request: AnyRequest, school_id: FromPath[int], document_id: FromPath[UUID]) -> None:
    """Sends again what was refused or given up. What the provider has under our key is never issued twice."""
    await promises.send_again(house_of(request), principal_of(request).account_id, school_id, document_id)


@put(_SCHOOL + "/documents/account", status_code=204, tags=["documents"], **STAFF)
async def open_document_account(
    request: AnyRequest, school_id: FromPath[int], data: JSONBody[NewDocumentAccount]
) -> None:
    """The school's account at the provider; its password is sealed and not shown again. School administrators only."""
    await accounts.open_account(house_of(request), principal_of(request).account_id, school_id, data)


@delete(_SCHOOL + "/documents/account", status_code=204, tags=["documents"], **STAFF)
async def close_document_account(request: AnyRequest, school_id: FromPath[int]) -> None:
    """No document is promised from now on."""
    await accounts.close_account(house_of(request), principal_of(request).account_id, school_id)


@put(_SCHOOL + "/fees/{fee_id:uuid}/document", status_code=204, tags=["documents"], **STAFF)
async def set_fee_document(
    request: AnyRequest, school_id: FromPath[int], fee_id: FromPath[UUID], data: JSONBody[FeeDocument]
) -> None:
    """Which document an item needs beside our receipt, from its next receipt on."""
    actor = principal_of(request).account_id
    await accounts.type_of_fee(house_of(request), actor, school_id, fee_id, data.document_type)


ROUTES: list[Any] = [
    list_documents,
    send_document,
    open_document_account,
    close_document_account,
    set_fee_document,
]
