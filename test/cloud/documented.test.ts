/** The bindings of docs/connections.md for clouds, word by word, on a broker with the cloud's name and limits. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openKafkaOutput } from '../../src/index.ts';
import { documentedBindings } from '../support/documented-bindings.ts';
import { makePki, withoutOpenssl } from '../transport/pki.ts';
import {
  API_KEY,
  API_SECRET,
  CLOUD_NAMES,
  type CloudBroker,
  CONNECTION_STRING,
  loopback,
  startCloud,
} from './cloud-broker.ts';

const TOPIC = 'documented';
const CHAPTERS = { 'Azure Event Hubs': 'azureEventHubs', 'Confluent Cloud': 'confluentCloud' } as const;
const bindings = documentedBindings();

for (const [chapter, profile] of Object.entries(CHAPTERS)) {
  describe(`docs/connections.md, ${chapter}`, { skip: withoutOpenssl }, () => {
    const own = bindings.filter((binding) => binding.chapter === chapter);
    let cloud: CloudBroker;
    let authority: string;

    before(async () => {
      const pki = makePki(CLOUD_NAMES);
      authority = pki.ca;
      cloud = await startCloud(profile, pki, { topics: [{ name: TOPIC }] });
    });
    after(async () => {
      await cloud.broker.close();
    });

    it('has a short form and a long one', () => {
      assert.deepEqual(
        own.map(({ properties }) => 'protocol' in properties),
        [false, true],
      );
    });

    for (const [index, { properties }] of own.entries()) {
      it(`binding ${index + 1} sends`, async () => {
        const settings = {
          BrokerList: cloud.brokerList,
          Topic: TOPIC,
          EventHubConnectionString: CONNECTION_STRING,
          ConfluentApiKey: API_KEY,
          ConfluentApiSecret: API_SECRET,
        };
        // A cloud's certificate comes from a public authority, the test's from its own.
        const output = await openKafkaOutput({ ...properties, sslCaPEM: authority }, { settings, lookup: loopback });
        try {
          (await output.send(`binding ${index + 1}`)).orThrow();
          assert.equal(output.config.provider, profile);
          // The test's broker has another port than the cloud's.
          const warnings = output.config.warnings.filter((warning) => !/listens for Kafka on port/.test(warning));
          assert.deepEqual(warnings, []);
        } finally {
          await output.close();
        }
      });
    }

    it('and nothing else is in the log', () => {
      const values = cloud.broker.records(TOPIC).map(({ value }) => Buffer.from(value!).toString());
      assert.deepEqual(
        values,
        own.map((_, index) => `binding ${index + 1}`),
      );
      assert.deepEqual(cloud.log, []);
    });
  });
}
