//! A Service Bus-compatible broker: queues on a durable log, AMQP and REST in front.
