-- What has expired is found wherever it stands: a clock that was corrected leaves old arrivals behind young ones.
CREATE INDEX events_by_arrival ON events (received_ms);
