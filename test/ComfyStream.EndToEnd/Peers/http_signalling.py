"""Signalling as the brief shows it: raw SDP by POST, Location, DELETE. Used by the peers of this folder."""

import ssl
import urllib.error
import urllib.parse
import urllib.request


def send(request, token):
    """Certificates of tests are signed by themselves."""
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    return urllib.request.urlopen(request, timeout=20, context=ssl._create_unverified_context())


def post_offer(url, sdp, token=None):
    """Returns the session's URL and the answer."""
    request = urllib.request.Request(url, data=sdp.encode(), headers={"Content-Type": "application/sdp"}, method="POST")
    with send(request, token) as response:
        if response.status != 201:
            raise RuntimeError(f"WHEP subscription failed: {response.status}")
        assert response.headers["Content-Type"] == "application/sdp", response.headers["Content-Type"]
        return urllib.parse.urljoin(url, response.headers["Location"]), response.read().decode()


def delete_session(url, token=None):
    """Returns the status code."""
    try:
        with send(urllib.request.Request(url, method="DELETE"), token) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
