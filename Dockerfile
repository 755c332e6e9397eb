# The adapter in two stages: what builds stays behind. Runs as uid 10001 on a read-only root; writes only to /var/lib/fhir-adapter.
FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements/run.txt requirements/build.txt ./
RUN python -m venv /opt/tools \
    && /opt/tools/bin/pip install --no-cache-dir --require-hashes -r build.txt \
    && python -m venv /opt/adapter \
    && /opt/adapter/bin/pip install --no-cache-dir --require-hashes -r run.txt
COPY pyproject.toml README.md LICENSE ./
COPY fhir_adapter/ fhir_adapter/
COPY fixtures/cases/ fixtures/cases/
RUN /opt/tools/bin/pip wheel --no-deps --no-build-isolation --wheel-dir . . \
    && /opt/adapter/bin/pip install --no-cache-dir --no-deps ./*.whl \
    && /opt/adapter/bin/python -m compileall -q /opt/adapter/lib \
    && /opt/adapter/bin/pip uninstall --yes pip setuptools

FROM python:3.11-slim-bookworm
LABEL org.opencontainers.image.title="fhir-adapter" org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin adapter \
    && install --directory --owner adapter --mode 0700 /var/lib/fhir-adapter
COPY --from=build /opt/adapter /opt/adapter
ENV PATH=/opt/adapter/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
USER 10001
WORKDIR /var/lib/fhir-adapter
VOLUME /var/lib/fhir-adapter
EXPOSE 8080 8081
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/healthz', timeout=3)"]
ENTRYPOINT ["fhir-adapter"]
CMD ["serve", "--config", "/etc/fhir-adapter/fhir-adapter.toml"]
