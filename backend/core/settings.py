"""Settings: read once from the environment, typed, with units in their names. Nothing else in the house reads the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Annotated, get_type_hints

import msgspec
from msgspec import Meta

DEMO_SECRET = "demo-secret-never-use-this-outside-a-demo-0000"  # noqa: S105  (a production start refuses it by name)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """Every setting. The environment variable is NHIPCAU_ and the field's name in capitals, save for the two plain URLs."""

    mode: Annotated[str, Meta(description="production, demo or test. Demo conveniences exist in demo mode only.")] = (
        "production"
    )
    database_url: Annotated[
        str, Meta(description="PostgreSQL 15 or newer. Variable DATABASE_URL. Empty: the embedded server.")
    ] = ""
    redis_url: Annotated[str, Meta(description="Redis or Valkey. Variable REDIS_URL. Empty: the embedded server.")] = ""
    data_dir: Annotated[str, Meta(description="Where the embedded servers keep their files.")] = ".data"
    host: Annotated[str, Meta(description="Address the server listens on.")] = "127.0.0.1"
    port: Annotated[
        int, Meta(description="Port the server listens on; the demo takes the next free one if it is in use.")
    ] = 8000
    public_url: Annotated[str, Meta(description="Where families reach this server, without a slash at the end.")] = ""
    workers: Annotated[int, Meta(description="Server processes.")] = 1
    secret_key: Annotated[
        str,
        Meta(
            description="At least 32 characters. Tokens, sealed columns and blind indexes are derived from it; losing it loses them."
        ),
    ] = ""
    access_token_seconds: Annotated[int, Meta(description="Life of an access token, in seconds.")] = 600
    refresh_token_days: Annotated[int, Meta(description="Life of an unused refresh token, in days.")] = 60
    one_time_code_seconds: Annotated[int, Meta(description="Life of a one-time code, in seconds.")] = 300
    code_channel: Annotated[str, Meta(description="How one-time codes travel: telegram, sms or print (demo only).")] = (
        "sms"
    )
    database_writers: Annotated[int, Meta(description="Connections for writing, per process.")] = 8
    database_readers: Annotated[int, Meta(description="Connections held for reading, per process.")] = 4
    deliveries_kept_days: Annotated[
        int,
        Meta(
            ge=31,
            description="Days after which a notice's finished deliveries are folded: who was reached by which way.",
        ),
    ] = 60
    slow_query_milliseconds: Annotated[int, Meta(description="Statements slower than this are named in the log.")] = 200
    live_seconds: Annotated[
        float, Meta(description="How long a page follows something before it asks anew, and its right is checked anew.")
    ] = 300.0
    body_bytes_max: Annotated[int, Meta(description="Largest request body in bytes, uploads of rosters aside.")] = (
        262_144
    )
    upload_bytes_max: Annotated[int, Meta(description="Largest uploaded spreadsheet in bytes.")] = 10_485_760
    trusted_proxies: Annotated[
        int, Meta(description="How many proxies in front of the server append to X-Forwarded-For.")
    ] = 0
    fcm_project_id: Annotated[str, Meta(description="Firebase project. Empty: no push.")] = ""
    fcm_credentials_file: Annotated[str, Meta(description="Path of the Firebase service account's JSON.")] = ""
    fcm_base_url: Annotated[str, Meta(description="Base address of the FCM HTTP v1 service.")] = (
        "https://fcm.googleapis.com"
    )
    fcm_per_minute: Annotated[
        int, Meta(description="Messages a minute that Firebase grants the project, over all workers.")
    ] = 600_000
    telegram_token: Annotated[str, Meta(description="Token of the Telegram bot. Empty: no Telegram.")] = ""
    telegram_secret: Annotated[
        str, Meta(description="Secret that Telegram sends back with every webhook, 1–256 of A-Z a-z 0-9 _ -.")
    ] = ""
    telegram_base_url: Annotated[str, Meta(description="Base address of the Telegram Bot API.")] = (
        "https://api.telegram.org"
    )
    telegram_bot_name: Annotated[str, Meta(description="User name of the bot, for deep links.")] = ""
    chat_school_id: Annotated[
        int, Meta(description="School that strangers in chat are handed to; 0: the only school, if there is one.")
    ] = 0
    chat_answers_at_door: Annotated[
        bool,
        Meta(
            description="A server process answers what messengers send it. Off: it only keeps it for the workers, for servers that may not call out."
        ),
    ] = True
    sms_base_url: Annotated[str, Meta(description="Base address of the eSMS gateway.")] = "https://rest.esms.vn"
    sms_api_key: Annotated[str, Meta(description="API key of the eSMS gateway. Empty: no SMS.")] = ""
    sms_secret_key: Annotated[str, Meta(description="Secret key of the eSMS gateway.")] = ""
    sms_brand: Annotated[str, Meta(description="Registered brand name that SMS are sent under.")] = ""
    sms_per_minute: Annotated[
        int, Meta(description="Messages a minute that the eSMS account takes, over all workers.")
    ] = 600
    sms_order: Annotated[
        str,
        Meta(
            description="SMS gateways in the order in which they are asked; the next one when the one before is down."
        ),
    ] = "esms,speedsms"
    sms_part_price: Annotated[
        int, Meta(description="What one part of an SMS costs, in đồng, for budgets and prices shown.")
    ] = 850
    sms_report_secret: Annotated[
        str,
        Meta(
            description="Secret in the address /hooks/sms/…/esms and …/speedsms that gateways report to. Empty: no reports are taken."
        ),
    ] = ""
    speedsms_base_url: Annotated[str, Meta(description="Base address of the SpeedSMS gateway.")] = (
        "https://api.speedsms.vn"
    )
    speedsms_token: Annotated[str, Meta(description="Access token of the SpeedSMS gateway. Empty: not used.")] = ""
    speedsms_brand: Annotated[str, Meta(description="Registered brand name at SpeedSMS.")] = ""
    speedsms_per_minute: Annotated[int, Meta(description="Messages a minute that the SpeedSMS account takes.")] = 600
    zns_base_url: Annotated[str, Meta(description="Base address of Zalo's template messages (ZNS).")] = (
        "https://business.openapi.zalo.me"
    )
    zns_templates_file: Annotated[
        str, Meta(description="Which approved ZNS template carries which notice: a TOML file. Empty: no ZNS.")
    ] = ""
    zns_per_minute: Annotated[int, Meta(description="Template messages a minute, over all workers.")] = 60
    zalo_bot_token: Annotated[str, Meta(description="Token of a bot of the Zalo Bot Platform. Empty: no Zalo bot.")] = (
        ""
    )
    zalo_bot_secret: Annotated[
        str,
        Meta(description="Secret that the Zalo bot's webhook sends back, 8–256 characters. Empty: it takes nothing."),
    ] = ""
    zalo_bot_link: Annotated[
        str, Meta(description="Address that opens the Zalo bot, as its maker's page shows it, for families to follow.")
    ] = ""
    zalo_bot_base_url: Annotated[str, Meta(description="Base address of the Zalo Bot Platform.")] = (
        "https://bot-api.zaloplatforms.com"
    )
    zalo_bot_per_minute: Annotated[int, Meta(description="Messages a minute of the Zalo bot, over all workers.")] = 60
    smtp_host: Annotated[str, Meta(description="Mail server that takes our letters. Empty: no e-mail.")] = ""
    smtp_port: Annotated[int, Meta(description="Port of the mail server.")] = 587
    smtp_security: Annotated[str, Meta(description="starttls, tls, or none (refused in production).")] = "starttls"
    smtp_user: Annotated[str, Meta(description="User at the mail server. Empty: no sign-in.")] = ""
    smtp_password: Annotated[str, Meta(description="Password at the mail server.")] = ""
    smtp_sender: Annotated[str, Meta(description="Address that letters come from.")] = ""
    smtp_bounces: Annotated[
        str,
        Meta(
            description="Mailbox to which letters come back, as tra-lai@truong.example; tra-lai+anything@ must arrive there. Empty: none."
        ),
    ] = ""
    imap_host: Annotated[
        str,
        Meta(
            description="IMAP server with that mailbox, asked every five minutes. Empty: only the command bounce reads."
        ),
    ] = ""
    imap_port: Annotated[int, Meta(description="Port of the IMAP server, with TLS from the start.")] = 993
    imap_security: Annotated[str, Meta(description="tls, or none (refused in production).")] = "tls"
    imap_user: Annotated[str, Meta(description="User at the IMAP server.")] = ""
    imap_password: Annotated[str, Meta(description="Password at the IMAP server.")] = ""
    smtp_per_minute: Annotated[
        int, Meta(description="Letters a minute that the mail server takes, over all workers.")
    ] = 120
    webpush_contact: Annotated[
        str,
        Meta(
            description="Whom browsers' push services may write to: mailto:… or https://…. Empty: no notices in browsers."
        ),
    ] = ""
    webpush_services: Annotated[
        str, Meta(description="Origins of push services that browsers may name; a star stands for any name in front.")
    ] = "https://fcm.googleapis.com,https://updates.push.services.mozilla.com,https://*.push.apple.com,https://*.notify.windows.com"
    webpush_per_minute: Annotated[int, Meta(description="Pushes to browsers a minute, over all workers.")] = 60_000
    quiet_hours: Annotated[
        str,
        Meta(
            description="When families are not woken, in Vietnam's time; a family may choose its own, an emergency overrides. Empty: never."
        ),
    ] = "21:00-06:30"
    zalo_app_id: Annotated[
        str,
        Meta(
            description="Application at Zalo that speaks for the Official Account. Empty: no Zalo messages and no ZNS."
        ),
    ] = ""
    zalo_app_secret: Annotated[str, Meta(description="Secret key of the Zalo application.")] = ""
    zalo_oa_id: Annotated[
        str, Meta(description="The Official Account; `zalo-authorise` gives the permission once.")
    ] = ""
    zalo_oa_secret: Annotated[
        str, Meta(description="Secret key of the account's webhook page, which signs events.")
    ] = ""
    zalo_base_url: Annotated[str, Meta(description="Base address of Zalo's OpenAPI.")] = "https://openapi.zalo.me"
    zalo_oauth_url: Annotated[str, Meta(description="Base address of Zalo's permission and token service.")] = (
        "https://oauth.zaloapp.com"
    )
    zalo_per_minute: Annotated[
        int, Meta(description="Requests a minute that the Official Account's package allows, over all workers.")
    ] = 60
    meinvoice_app_id: Annotated[
        str, Meta(description="Our application's id at MISA meInvoice. Empty: no e-invoices and e-receipts are sent.")
    ] = ""
    meinvoice_base_url: Annotated[str, Meta(description="Base address of meInvoice's integration API.")] = (
        "https://api.meinvoice.vn/api/integration"
    )
    sepay_base_url: Annotated[str, Meta(description="Base address of SePay's list of transactions.")] = (
        "https://my.sepay.vn"
    )
    casso_base_url: Annotated[str, Meta(description="Base address of Casso's API.")] = "https://oauth.casso.vn"
    payos_base_url: Annotated[str, Meta(description="Base address of payOS's API.")] = "https://api-merchant.payos.vn"
    momo_base_url: Annotated[str, Meta(description="Base address of MoMo's gateway.")] = "https://payment.momo.vn"
    vnpay_api_url: Annotated[
        str, Meta(description="VNPay's API, asked what became of orders that no call told of.")
    ] = "https://merchant.vnpay.vn/merchant_webapi/api/transaction"
    vnpay_pay_url: Annotated[str, Meta(description="VNPay's payment page, where families are sent.")] = (
        "https://pay.vnpay.vn/vpcpay.html"
    )
    translation_url: Annotated[
        str, Meta(description="Base address of a LibreTranslate server for messages. Empty: nothing is translated.")
    ] = ""
    translation_api_key: Annotated[
        str, Meta(description="API key of the LibreTranslate server, if it asks for one.")
    ] = ""
    metrics_token: Annotated[
        str, Meta(description="Bearer token that /metrics asks for. Empty: /metrics answers on loopback only.")
    ] = ""

    @property
    def demo(self) -> bool:
        return self.mode == "demo"


class SettingsRefused(SystemExit):
    """A start that must not happen; the message names every setting to mend."""


_PLAIN = {"database_url": "DATABASE_URL", "redis_url": "REDIS_URL"}


def variable(field: str) -> str:
    return _PLAIN.get(field, f"NHIPCAU_{field.upper()}")


def read(environment: Mapping[str, str] | None = None, **overrides: object) -> Settings:
    """Read and type all settings; refuse what cannot be typed, naming every variable at once."""
    environment = os.environ if environment is None else environment
    values: dict[str, object] = {}
    wrong: list[str] = []
    for field in msgspec.structs.fields(Settings):
        text = environment.get(variable(field.name))
        if text is None:
            continue
        try:
            values[field.name] = msgspec.convert(text, field.type, strict=False)
        except msgspec.ValidationError as error:
            wrong.append(f"{variable(field.name)}: {error}")
    values.update(overrides)
    if values.get("mode", "production") not in ("production", "demo", "test"):
        wrong.append(f"{variable('mode')}: production, demo or test")
    if wrong:
        raise SettingsRefused("These settings cannot be read:\n  " + "\n  ".join(wrong))
    return Settings(**values)  # type: ignore[arg-type]


def refuse_unsafe(settings: Settings) -> None:
    """A production start needs its own secrets. Raises SettingsRefused naming each one that is missing or a default."""
    if settings.mode != "production":
        return
    wrong = []
    if len(settings.secret_key) < 32:
        wrong.append(f"{variable('secret_key')}: at least 32 characters are needed")
    if settings.secret_key == DEMO_SECRET or len(set(settings.secret_key)) < 8:
        wrong.append(f"{variable('secret_key')}: the demo's or a guessable value")
    if not settings.database_url:
        wrong.append("DATABASE_URL: the embedded server is for demo and tests")
    if not settings.redis_url:
        wrong.append("REDIS_URL: the embedded server is for demo and tests")
    if not settings.public_url.startswith("https://"):
        wrong.append(f"{variable('public_url')}: an https:// address is needed")
    if settings.code_channel == "print":
        wrong.append(f"{variable('code_channel')}: print shows sign-in codes and is for the demo")
    elif settings.code_channel not in ("sms", "telegram"):
        wrong.append(f"{variable('code_channel')}: sms or telegram")
    elif not (settings.sms_api_key and settings.sms_secret_key and settings.sms_brand):
        # With telegram as well: nobody has linked a chat before the first sign-in.
        wrong.append(
            f"{variable('sms_api_key')}, {variable('sms_secret_key')}, {variable('sms_brand')}: needed to send sign-in codes by SMS"
        )
    if settings.code_channel == "telegram" and not settings.telegram_token:
        wrong.append(f"{variable('telegram_token')}: needed to send sign-in codes by Telegram")
    if settings.telegram_token and len(settings.telegram_secret) < 16:
        wrong.append(f"{variable('telegram_secret')}: at least 16 characters are needed when there is a Telegram bot")
    if settings.zalo_bot_token and not 16 <= len(settings.zalo_bot_secret) <= 256:
        wrong.append(f"{variable('zalo_bot_secret')}: 16 to 256 characters are needed when there is a Zalo bot")
    wrong += _halves(settings)
    if settings.zns_templates_file and not settings.zalo_app_id:
        wrong.append(f"{variable('zalo_app_id')}: ZNS templates need the Zalo Official Account")
    if settings.smtp_host and settings.smtp_security not in ("starttls", "tls"):
        wrong.append(f"{variable('smtp_security')}: starttls or tls")
    if settings.imap_host and settings.imap_security != "tls":
        wrong.append(f"{variable('imap_security')}: tls")
    if settings.imap_host and not settings.smtp_bounces:
        wrong.append(f"{variable('smtp_bounces')}: the mailbox that the IMAP server is asked for")
    if settings.smtp_bounces and not 1 <= settings.smtp_bounces.find("@") <= _BOUNCES_LOCAL_MAX:
        wrong.append(f"{variable('smtp_bounces')}: an address, with at most {_BOUNCES_LOCAL_MAX} letters before its @")
    if settings.webpush_contact and not settings.webpush_contact.startswith(("mailto:", "https://")):
        wrong.append(f"{variable('webpush_contact')}: mailto:… or https://…")
    if settings.sms_report_secret and len(settings.sms_report_secret) < 16:
        wrong.append(f"{variable('sms_report_secret')}: at least 16 characters are needed")
    if wrong:
        raise SettingsRefused("Nhịp Cầu does not start in production with these settings:\n  " + "\n  ".join(wrong))


# RFC 5321 allows 64 letters before the @, of which `+` and the letter's own 24 are ours.
_BOUNCES_LOCAL_MAX = 64 - 25

# Channels that need all of their settings or none: half a channel would fail at its first message.
_TOGETHER = (
    ("fcm_project_id", "fcm_credentials_file"),
    ("sms_api_key", "sms_secret_key", "sms_brand"),
    ("speedsms_token", "speedsms_brand"),
    ("smtp_host", "smtp_sender"),
    ("smtp_user", "smtp_password"),
    ("imap_host", "imap_user", "imap_password"),
    ("zalo_app_id", "zalo_app_secret", "zalo_oa_id", "zalo_oa_secret"),
)


def _halves(settings: Settings) -> list[str]:
    wrong = []
    for names in _TOGETHER:
        missing = [name for name in names if not getattr(settings, name)]
        if missing and len(missing) < len(names):
            wrong.append(f"{', '.join(map(variable, missing))}: needed together with the rest of the channel")
    return wrong


def document() -> str:
    """The page docs/settings.md; a test compares them."""
    lines = [
        "# Settings",
        "",
        "Read once from the environment when a process starts. `python -m backend settings` prints this page.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    for field in msgspec.structs.fields(Settings):
        default = f"`{field.default}`" if field.default != "" else "(empty)"
        lines.append(f"| `{variable(field.name)}` | {default} | {_meaning(field.name)} |")
    return "\n".join(lines) + "\n"


def _meaning(name: str) -> str:
    metadata = get_type_hints(Settings, include_extras=True)[name].__metadata__
    return next(str(m.description) for m in metadata if isinstance(m, Meta))
