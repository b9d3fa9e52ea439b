//! AMQP 1.0 as bytes and states: no sockets, no clock.
