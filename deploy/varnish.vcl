# Varnish before one or more machines that run `descant serve`: pages stay for ten minutes, and go when they change.
#
# Descant names each page by its thread and forum (Surrogate-Key) and asks for what has changed to be dropped:
# DESCANT_PURGE=http://127.0.0.1:6081/purge, see docs/run/caches.md. TLS is ended before Varnish, by HAProxy for one.
# Change what is marked with CHANGE; Varnish 6.0 or newer with the module xkey (Debian: varnish-modules).

vcl 4.1;

import std;
import xkey;

backend descant {                       # CHANGE: the machine, or a director over several
    .host = "127.0.0.1";
    .port = "8000";
    .connect_timeout = 2s;
    .first_byte_timeout = 30s;
    .probe = {
        .request = "GET /healthz HTTP/1.1" "Host: localhost" "Connection: close";
        .interval = 1s;
        .timeout = 1s;
        .window = 3;
        .threshold = 2;
        .initial = 2;
    }
}

acl purgers {                           # CHANGE: the machines that run Descant
    "127.0.0.1";
    "::1";
}

sub vcl_recv {
    if (req.url == "/purge") {
        # Varnish adds the client to X-Forwarded-For: two addresses there are a stranger's, by a proxy on this machine.
        if (client.ip !~ purgers || req.http.X-Forwarded-For ~ ",") {
            return (synth(403, "Not yours to purge"));
        }
        if (req.method != "POST") {
            return (synth(405, "POST the tags in Surrogate-Key"));
        }
        return (synth(200, "Dropped " + xkey.softpurge(req.http.Surrogate-Key)));
    }

    # What was dropped is shown for half a second more, while it is made anew: nobody waits for a hot page. While no
    # machine answers, and when one has answered with an error, a page of the last day is better than none.
    if (std.healthy(req.backend_hint) && req.restarts == 0) {
        set req.grace = 500ms;
    } else {
        set req.grace = 24h;
    }

    if (req.method != "GET" && req.method != "HEAD") {
        return (pass);
    }
    # Event streams, which have no end.
    if (req.url ~ "^/embed/live/") {
        return (pipe);
    }
    # The same for everybody, whatever cookies came with the question.
    if (req.url ~ "^/(embed/(comments|feed)/|static/)" || req.url ~ "^[^?]*/(embed|count|count-data)\.js(\?|$)") {
        unset req.http.Cookie;
        unset req.http.Authorization;
        # Of the query only what Descant looks at: a page is kept once, whatever trackers add to its address.
        if (req.url ~ "^/embed/(comments|feed)/") {
            set req.http.X-Query = "&" + regsub(req.url, "^[^?]*[?]?", "");
            set req.http.X-Query = regsuball(req.http.X-Query, "&(?!(f|t_i|t_u|order|cursor|lang)=)[^&]*", "");
            set req.url = regsub(req.url, "[?].*$", "") + "?" + regsub(req.http.X-Query, "^&", "");
            unset req.http.X-Query;
        }
        set req.url = std.querysort(req.url);
        return (hash);
    }
    return (pass);
}

sub vcl_pipe {
    set bereq.http.Connection = "close";
}

sub vcl_hash {
    hash_data(req.http.X-Forwarded-Proto);  # feeds hold whole addresses: nobody makes them http for all
}

sub vcl_backend_response {
    if (beresp.status >= 500) {
        return (abandon);
    }
    if (beresp.http.Surrogate-Control ~ "max-age=[0-9]+") {
        set beresp.ttl = std.duration(regsub(beresp.http.Surrogate-Control, ".*max-age=([0-9]+).*", "\1s"), 1s);
    }
    if (beresp.http.Set-Cookie || beresp.http.Cache-Control ~ "(private|no-store)") {
        set beresp.uncacheable = true;
        set beresp.ttl = 2m;
        return (deliver);
    }
    set beresp.grace = 24h;
    set beresp.http.xkey = beresp.http.Surrogate-Key;  # as the module wants it
}

sub vcl_backend_error {
    return (abandon);
}

sub vcl_synth {
    # Descant has failed: once more, with what was kept.
    if (resp.status >= 500 && req.restarts == 0 && (req.method == "GET" || req.method == "HEAD")) {
        return (restart);
    }
}

sub vcl_deliver {
    unset resp.http.Surrogate-Control;
    unset resp.http.Surrogate-Key;
    unset resp.http.xkey;
}
