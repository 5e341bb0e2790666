FROM python:3.12-slim
RUN useradd --create-home fleet
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir .
USER fleet
WORKDIR /home/fleet
ENTRYPOINT ["fleet"]
