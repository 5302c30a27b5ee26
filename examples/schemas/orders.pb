
ÿ
google/protobuf/timestamp.protogoogle.protobuf";
	Timestamp
seconds (Rseconds
nanos (RnanosB…
com.google.protobufBTimestampProtoPZ2google.golang.org/protobuf/types/known/timestamppbø¢GPBªGoogle.Protobuf.WellKnownTypesbproto3
ˆ
orders.protoshopgoogle/protobuf/timestamp.proto"¨
Order
id (Rid7
	placed_at (2.google.protobuf.TimestampRplacedAt&
lines (2.shop.Order.LineRlines.
Line
sku (	Rsku
price (Rprice"
Customer
name (	Rnamebproto3