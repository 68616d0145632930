package io.hearth.rest.live;

import io.hearth.live.LiveFeed;

/** An answer that goes on as long as its client stays: server-sent events. */
record LiveStream(LiveFeed feed, LiveFeed.Subscription subscription) {}
