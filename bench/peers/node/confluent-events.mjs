/** confluent-kafka-javascript by its node-rdkafka-like API. */
import confluent from '@confluentinc/kafka-javascript';
import { openEvents } from './rdkafka-events.mjs';

export const open = (job) => openEvents(confluent.Producer, job);
