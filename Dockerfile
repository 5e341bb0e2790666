FROM python:3.12.12-slim-trixie
RUN useradd --create-home --uid 10001 fleet && install --directory --owner fleet /var/lib/fleet
WORKDIR /app
# What the package needs changes less often than the package: a layer of its own.
COPY setup.cfg constraints.txt ./
RUN python -c "import configparser as c; f = c.ConfigParser(); f.read('setup.cfg'); \
print(f['options']['install_requires'])" > requirements.txt \
    && pip install --no-cache-dir --constraint constraints.txt --requirement requirements.txt
COPY . .
RUN pip install --no-cache-dir --no-deps .
USER fleet
WORKDIR /home/fleet
ENTRYPOINT ["fleet"]
