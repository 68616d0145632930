package io.hearth.rest;

import io.hearth.live.LiveFeed;

/** An answer that goes on as long as its client stays: server-sent events. */
record LiveStream(LiveFeed feed, LiveFeed.Subscription subscription) {}
