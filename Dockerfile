FROM python:3.12.12-slim-trixie
RUN useradd --create-home --uid 10001 fleet && install --directory --owner fleet /var/lib/fleet
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir .
USER fleet
WORKDIR /home/fleet
ENTRYPOINT ["fleet"]
