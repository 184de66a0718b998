# One image, several commands: serve, work, bot, migrate (python -m backend --help lists them).
FROM python:3.12-slim AS build
WORKDIR /build
COPY requirements.lock .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock

FROM python:3.12-slim
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/venv/bin:$PATH
RUN useradd --system --uid 10001 --home-dir /nhipcau nhipcau
WORKDIR /nhipcau
COPY --from=build /venv /venv
COPY backend backend
COPY bots bots
COPY notifications notifications
COPY payments payments
COPY schemas schemas
USER nhipcau
EXPOSE 8000
ENTRYPOINT ["python", "-m", "backend"]
CMD ["serve"]
