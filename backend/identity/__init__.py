"""Who are you, and may you? The stations of this room, in the order in which somebody meets them:

phones            a number as typed at the door
codes, sending    a one-time code: promised, carried out of the house, proved
sign_in           the person behind the number; the account and its ties
staff_sign_in     password; passwords, second_factor: setting and proving them
sessions          signed-in devices and their rotating tokens; cookies: the same for browsers
tokens, watch     access tokens and the list of revoked sessions
doorkeeper        the middleware that reads them; principal, guards: what a route knows of the asker
entitlement       the relationship that answers "may this person do that?"
administration    roles, invitations and resets by a school; operating: by whoever runs the server
accounts, audit   the tables behind it all; forgetting: what leaves them at night
"""
