# Daybreak for containers. docker-compose.yml says what runs in it; docs/operations.md how to set it up.
FROM python:3.11-slim-bookworm AS environment
WORKDIR /app
COPY requirements.lock ./
# Every package by its hash; pip stays outside of the environment.
RUN python -m venv --without-pip .venv \
 && pip --python .venv/bin/python install --no-cache-dir --only-binary=:all: --require-hashes -r requirements.lock \
 && printf '#!/bin/sh\nexec /app/.venv/bin/python -m daybreak.cli "$@"\n' > .venv/bin/daybreak \
 && chmod +x .venv/bin/daybreak

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --user-group --no-log-init \
    --create-home --home-dir /var/lib/daybreak --shell /usr/sbin/nologin daybreak \
 && chmod 700 /var/lib/daybreak
WORKDIR /app
COPY --from=environment /app/.venv .venv
COPY . .
RUN python -m compileall -q daybreak tasks webapp migrations wsgi.py
ENV PATH=/app/.venv/bin:$PATH \
    PYTHONPATH=/app \
    PYTHONUNBUFFERED=1 \
    DAYBREAK_HOME=/var/lib/daybreak
USER 10001:10001
EXPOSE 8000
CMD ["gunicorn", "wsgi:app", "--bind", "0.0.0.0:8000", "--workers", "2", "--worker-class", "gthread", "--threads", "4", "--worker-tmp-dir", "/dev/shm", "--no-control-socket"]
