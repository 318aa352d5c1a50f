"""Signalling as the brief shows it: raw SDP by POST, Location, DELETE. Used by the peers of this folder."""

import urllib.error
import urllib.parse
import urllib.request


def post_offer(url, sdp):
    """Returns the session's URL and the answer."""
    request = urllib.request.Request(url, data=sdp.encode(), headers={"Content-Type": "application/sdp"}, method="POST")
    with urllib.request.urlopen(request, timeout=20) as response:
        if response.status != 201:
            raise RuntimeError(f"WHEP subscription failed: {response.status}")
        assert response.headers["Content-Type"] == "application/sdp", response.headers["Content-Type"]
        return urllib.parse.urljoin(url, response.headers["Location"]), response.read().decode()


def delete_session(url):
    """Returns the status code."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="DELETE"), timeout=20) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
