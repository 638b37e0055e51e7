# Three images of one project: service (the API), refresh and dashboard. `make build` builds them. A fourth, cluster, is for those whose
# refresh runs on several machines (docs/scale.md): `deploy/build latest cluster`.
#
# Each in two steps: PART-code has all that runs, and is what CI scans; the part itself adds the tracked model as one layer of data.

# CI and deployments name it by digest, once BASE_IMAGE says which (docs/deploy.md): python:3.11-slim-bookworm@sha256:…
ARG BASE=python:3.11-slim-bookworm
# What the model is added to: a deployment names the images that CI scanned, by digest.
ARG SERVICE=service-code
ARG REFRESH=refresh-code
ARG DASHBOARD=dashboard-code
ARG CLUSTER=cluster-code

# hadolint ignore=DL3006
FROM ${BASE} AS build
# The one date of all files, so that the same content makes the same layers on another day and from another commit.
ARG SOURCE_DATE_EPOCH=1577836800
ENV PYTHONHASHSEED=0 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV=/image/opt/wearcast SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH}
WORKDIR /build
COPY requirements/build.txt requirements/
RUN pip install --no-cache-dir --require-hashes --only-binary :all: --requirement requirements/build.txt && uv venv --quiet "$VIRTUAL_ENV"
COPY deploy/pack deploy/stamp deploy/

# What others wrote is one layer, which stays as long as its own lock in requirements/ does …
FROM build AS needs-service
COPY requirements/service.txt requirements/
RUN --mount=type=cache,target=/root/.cache/uv deploy/pack needs service

FROM build AS needs-refresh
COPY requirements/refresh.txt requirements/
RUN --mount=type=cache,target=/root/.cache/uv deploy/pack needs refresh

FROM build AS needs-cluster
COPY requirements/cluster.txt requirements/
RUN --mount=type=cache,target=/root/.cache/uv deploy/pack needs cluster

FROM build AS needs-dashboard
COPY requirements/dashboard.txt requirements/
RUN --mount=type=cache,target=/root/.cache/uv deploy/pack needs dashboard

# … and what we wrote a small one after it.
FROM build AS ours
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN deploy/pack ours

# Then what else they read. A folder that is made here has the one date too.
# hadolint ignore=DL3006
FROM ${BASE} AS files
ARG SOURCE_DATE_EPOCH=1577836800
ENV SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH}
COPY deploy/stamp deploy/health.py /image/opt/
COPY params.yaml /image/srv/wearcast/

FROM files AS files-server
RUN /image/opt/stamp

FROM files AS files-cluster
COPY deploy/cluster /image/usr/local/bin/
RUN /image/opt/stamp

FROM files AS files-dashboard
COPY notebooks/dashboard.ipynb /image/srv/wearcast/notebooks/
RUN /image/opt/stamp

# Last what the pipeline made, in a layer of its own.
# hadolint ignore=DL3006
FROM ${BASE} AS model
ARG SOURCE_DATE_EPOCH=1577836800
ENV SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH}
COPY deploy/stamp /image/opt/
COPY models/forecaster /image/srv/wearcast/models/forecaster
COPY reports/metrics.json /image/srv/wearcast/reports/

FROM model AS model-service
COPY reports/verification.json /image/srv/wearcast/reports/
COPY reports/plots /image/srv/wearcast/reports/plots
RUN /image/opt/stamp

FROM model AS model-refresh
RUN /image/opt/stamp

# hadolint ignore=DL3006
FROM ${BASE} AS run
# Nobody in /etc/passwd, so that building it on another day changes nothing; the home is the one folder that can be written to.
ENV PATH=/opt/wearcast/bin:$PATH HOME=/tmp USER=wearcast PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001:10001

FROM run AS service-code
COPY --from=needs-service /image/ /
COPY --from=ours /image/ /
COPY --from=files-server /image/ /
WORKDIR /srv/wearcast
ENV WEARCAST_HOST=0.0.0.0 WEARCAST_STORE=/var/lib/wearcast/store WEARCAST_FEEDBACK=sqlite:////var/lib/wearcast-feedback/votes.db WEARCAST_PLACE_QUEUE=/var/lib/wearcast-places
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["python", "-I", "/opt/health.py", "service"]
CMD ["wearcast", "serve"]
ARG CODE=unknown
ARG SNAPSHOT_SCHEMA=1
LABEL org.opencontainers.image.title="wearcast-service" org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision="${CODE}" io.wearcast.snapshot-schema="${SNAPSHOT_SCHEMA}"

FROM run AS refresh-code
COPY --from=needs-refresh /image/ /
COPY --from=ours /image/ /
COPY --from=files-server /image/ /
WORKDIR /srv/wearcast
ENV WEARCAST_STORE=/var/lib/wearcast/store WEARCAST_HISTORY=/var/lib/wearcast/history WEARCAST_REFRESH_EVERY=1h WEARCAST_PLACE_QUEUE=/var/lib/wearcast-places
# Well as long as what stands in the store isn't stale.
HEALTHCHECK --interval=5m --timeout=30s --start-period=2m CMD ["python", "-I", "/opt/health.py", "refresh"]
CMD ["sh", "-c", "exec wearcast refresh --every \"$WEARCAST_REFRESH_EVERY\""]
ARG CODE=unknown
ARG SNAPSHOT_SCHEMA=1
LABEL org.opencontainers.image.title="wearcast-refresh" org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision="${CODE}" io.wearcast.snapshot-schema="${SNAPSHOT_SCHEMA}"

# A scheduler, a worker, or who asks them. Nothing of Dask's answers over HTTP: its pages tell more than anybody outside needs to know.
FROM run AS cluster-code
COPY --from=needs-cluster /image/ /
COPY --from=ours /image/ /
COPY --from=files-cluster /image/ /
WORKDIR /srv/wearcast
ENV WEARCAST_STORE=/var/lib/wearcast/store WEARCAST_HISTORY=/var/lib/wearcast/history WEARCAST_PLACE_QUEUE=/var/lib/wearcast-places \
    DASK_DISTRIBUTED__SCHEDULER__HTTP__ROUTES="[]" DASK_DISTRIBUTED__WORKER__HTTP__ROUTES="[]"
EXPOSE 8786 8788
# A worker ends when its scheduler is gone, and the engine starts it again.
HEALTHCHECK NONE
CMD ["cluster", "worker"]
ARG CODE=unknown
ARG SNAPSHOT_SCHEMA=1
LABEL org.opencontainers.image.title="wearcast-cluster" org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision="${CODE}" io.wearcast.snapshot-schema="${SNAPSHOT_SCHEMA}"

FROM run AS dashboard-code
COPY --from=needs-dashboard /image/ /
COPY --from=ours /image/ /
COPY --from=files-dashboard /image/ /
WORKDIR /srv/wearcast
ENV WEARCAST_DASHBOARD_HOST=0.0.0.0 WEARCAST_API=http://service:8000 WEARCAST_DASHBOARD_METRICS_PORT=8502
EXPOSE 8501 8502
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["python", "-I", "/opt/health.py", "dashboard"]
CMD ["wearcast", "dashboard"]
ARG CODE=unknown
ARG SNAPSHOT_SCHEMA=1
LABEL org.opencontainers.image.title="wearcast-dashboard" org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.revision="${CODE}" io.wearcast.snapshot-schema="${SNAPSHOT_SCHEMA}"

# hadolint ignore=DL3006
FROM ${SERVICE} AS service
COPY --from=model-service /image/srv/wearcast/ /srv/wearcast/
ARG SERVICE
ARG DATA=unknown
ARG MODEL=unknown
LABEL org.opencontainers.image.base.name="${SERVICE}" io.wearcast.data="${DATA}" io.wearcast.model="${MODEL}"

# hadolint ignore=DL3006
FROM ${REFRESH} AS refresh
COPY --from=model-refresh /image/srv/wearcast/ /srv/wearcast/
ARG REFRESH
ARG DATA=unknown
ARG MODEL=unknown
LABEL org.opencontainers.image.base.name="${REFRESH}" io.wearcast.data="${DATA}" io.wearcast.model="${MODEL}"

# hadolint ignore=DL3006
FROM ${DASHBOARD} AS dashboard
ARG DASHBOARD
ARG DATA=unknown
ARG MODEL=unknown
LABEL org.opencontainers.image.base.name="${DASHBOARD}" io.wearcast.data="${DATA}" io.wearcast.model="${MODEL}"

# hadolint ignore=DL3006
FROM ${CLUSTER} AS cluster
COPY --from=model-refresh /image/srv/wearcast/ /srv/wearcast/
ARG CLUSTER
ARG DATA=unknown
ARG MODEL=unknown
LABEL org.opencontainers.image.base.name="${CLUSTER}" io.wearcast.data="${DATA}" io.wearcast.model="${MODEL}"
