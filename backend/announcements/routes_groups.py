"""The doors of groups: clubs, bus lines, the choir."""

from typing import Any
from uuid import UUID

from litestar import Request, delete, get, put
from litestar.params import FromPath, JSONBody

from backend.announcements import groups
from backend.core.http import house_of
from backend.identity.guards import STAFF
from backend.identity.principal import principal_of
from schemas.groups import Group, GroupIn, GroupList

AnyRequest = Request[Any, Any, Any]
ROOT = "/v1/schools/{school_id:int}/groups"
ONE = ROOT + "/{group_id:uuid}"


@get(ROOT, tags=["announcements"], **STAFF)
async def list_groups(request: AnyRequest, school_id: FromPath[int]) -> GroupList:
    """The groups that one may write to."""
    return await groups.groups(house_of(request), principal_of(request).account_id, school_id)


@get(ONE, tags=["announcements"], **STAFF)
async def read_group(request: AnyRequest, school_id: FromPath[int], group_id: FromPath[UUID]) -> Group:
    """A group with its pupils, for its owner and the administrator."""
    return await groups.group(house_of(request), principal_of(request).account_id, school_id, group_id)


@put(ONE, tags=["announcements"], **STAFF)
async def put_group(
    request: AnyRequest, school_id: FromPath[int], group_id: FromPath[UUID], data: JSONBody[GroupIn]
) -> Group:
    """Make or change a group. Teachers put in pupils whom they teach; an administrator puts in anybody and names the owner."""
    return await groups.put_group(house_of(request), principal_of(request).account_id, school_id, group_id, data)


@delete(ONE, tags=["announcements"], **STAFF)
async def close_group(request: AnyRequest, school_id: FromPath[int], group_id: FromPath[UUID]) -> None:
    """Close a group; what was written to it stays."""
    await groups.close_group(house_of(request), principal_of(request).account_id, school_id, group_id)


ROUTES: list[Any] = [list_groups, read_group, put_group, close_group]
