//! Carry a parcel to another access point and fetch ours: Service Bus over AMQP and REST, loopback.
