package io.hearth.shadow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.hearth.model.DeviceId;
import io.hearth.model.HybridTime;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import io.hearth.shadow.document.DocumentFormat;
import io.hearth.shadow.document.JsonValue;
import io.hearth.shadow.document.Limits;
import io.hearth.shadow.document.RegionMerge;
import io.hearth.shadow.document.ShadowDocument;
import io.hearth.shadow.document.ShadowError;
import io.hearth.shadow.document.ShadowException;
import io.hearth.shadow.document.ShadowId;
import io.hearth.shadow.document.ShadowJson;
import io.hearth.shadow.document.ShadowRequest;
import io.hearth.shadow.document.ShadowUpdate;
import io.hearth.shadow.document.TombstoneBound;
import io.hearth.table.Condition;
import io.hearth.table.Consistency;
import io.hearth.table.Direction;
import io.hearth.table.FakeClock;
import io.hearth.table.ForwardingTable;
import io.hearth.table.Item;
import io.hearth.table.OutcomeUnknownException;
import io.hearth.table.Query;
import io.hearth.table.SortRange;
import io.hearth.table.Table;
import io.hearth.table.Write;
import io.hearth.table.memory.MemoryTable;
import io.smallrye.mutiny.Uni;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the store of shadows promises, on any engine. */
abstract class ShadowStoreContract {
    static final DeviceId LAMP = new DeviceId("lamp-1");
    static final ShadowId CLASSIC = ShadowId.classic(LAMP);
    private static final RegionId HERE = new RegionId("here");
    private static final RegionId THERE = new RegionId("there");
    private static final ShadowStore.Settings SETTINGS =
            new ShadowStore.Settings(Limits.DEFAULT, Duration.ofDays(2), Duration.ofDays(30));

    private final FakeClock clock = new FakeClock();
    private Table table;
    private ShadowStore store;

    abstract Table openTable(InstantSource clock);

    @BeforeEach
    void openStore() {
        table = openTable(clock);
        store = new ShadowStore(table, HERE, clock, SETTINGS);
    }

    @AfterEach
    void closeTable() {
        table.close();
    }

    @Test
    void update_ofAShadowThatIsNot_makesItWithVersionOne() {
        ShadowUpdate update = update(CLASSIC, "{'state':{'desired':{'on':true}}}");

        assertThat(update.previous().exists()).isFalse();
        assertThat(update.current().version()).isEqualTo(1);
        assertThat(json(await(store.get(CLASSIC, bare())))).contains("'desired':{'on':true}");
    }

    @Test
    void update_withAVersionThatIsNotTheCurrentOne_isRefusedAndChangesNothing() {
        update(CLASSIC, "{'state':{'desired':{'on':true}}}");

        assertThat(refusal(store.update(CLASSIC, request("{'state':{'desired':{'on':false}},'version':7}"), "t")))
                .isEqualTo(ShadowError.VERSION_CONFLICT);
        assertThat(await(store.get(CLASSIC, bare())).version()).isEqualTo(1);
    }

    @Test
    void update_byManyWritersOfSeveralStores_losesNone() {
        List<ShadowStore> stores = List.of(store, new ShadowStore(table, HERE, clock, SETTINGS));
        List<CompletableFuture<Void>> writers = new ArrayList<>();
        for (int w = 0; w < 8; w++) {
            ShadowStore mine = stores.get(w % stores.size());
            String field = "writer" + w;
            writers.add(CompletableFuture.runAsync(() -> {
                for (int i = 1; i <= 10; i++) {
                    await(mine.update(CLASSIC, request("{'state':{'reported':{'" + field + "':" + i + "}}}"), field));
                }
            }));
        }
        CompletableFuture.allOf(writers.toArray(CompletableFuture[]::new)).join();

        ShadowDocument document = await(store.get(CLASSIC, bare()));
        assertThat(document.version()).isEqualTo(80);
        for (int w = 0; w < 8; w++) {
            assertThat(json(document)).contains("'writer" + w + "':10");
        }
        assertThat(history(CLASSIC))
                .hasSize(80)
                .extracting(ShadowChange::version)
                .doesNotHaveDuplicates();
    }

    @Test
    void update_byWritersThatReadAndAddOne_countsEach() {
        update(CLASSIC, "{'state':{'reported':{'count':0}}}");
        CompletableFuture<?>[] writers = IntStream.range(0, 4)
                .mapToObj(w -> CompletableFuture.runAsync(() -> {
                    for (int i = 0; i < 10; i++) {
                        addOne();
                    }
                }))
                .toArray(CompletableFuture[]::new);
        CompletableFuture.allOf(writers).join();

        assertThat(json(await(store.get(CLASSIC, bare())))).contains("'count':40");
        assertThat(await(store.get(CLASSIC, bare())).version()).isEqualTo(41);
    }

    /** As a client does it: with the version that it read, again from the start when that is not the current one any more. */
    private void addOne() {
        while (true) {
            ShadowDocument document = await(store.get(CLASSIC, bare()));
            int count = Integer.parseInt(json(document).replaceAll("(?s).*'count':(\\d+).*", "$1"));
            try {
                await(store.update(
                        CLASSIC,
                        request("{'state':{'reported':{'count':" + (count + 1) + "}},'version':" + document.version()
                                + "}"),
                        "adder"));
                return;
            } catch (ShadowException conflict) {
                assertThat(conflict.error()).isEqualTo(ShadowError.VERSION_CONFLICT);
            }
        }
    }

    @Test
    void update_whoseOutcomeTheTableDoesNotKnow_isNotDoneTwice() {
        AtomicInteger puts = new AtomicInteger();
        ShadowStore over = new ShadowStore(losingFirstAnswer(table, puts), HERE, clock, SETTINGS);

        ShadowUpdate update = await(over.update(CLASSIC, request("{'state':{'desired':{'on':true}}}"), "t"));

        assertThat(update.current().version()).isEqualTo(1);
        assertThat(await(store.get(CLASSIC, bare())).version()).isEqualTo(1);
        assertThat(puts).hasValue(1);
    }

    @Test
    void delete_keepsTheVersionForItsTime_thenBeginsAnew() {
        update(CLASSIC, "{'state':{'desired':{'on':true}}}");
        update(CLASSIC, "{'state':{'desired':{'on':false}}}");
        assertThat(await(store.delete(CLASSIC, bare(), "t")).version()).isEqualTo(2);
        assertThat(refusal(store.get(CLASSIC, bare())).message()).isEqualTo("No shadow exists with name: lamp-1");

        clock.advance(Duration.ofHours(47));
        ShadowUpdate again = update(CLASSIC, "{'state':{'reported':{'on':true}}}");
        assertThat(again.current().version()).isEqualTo(3);
        assertThat(again.previous().exists()).isFalse();
        assertThat(json(again.current())).doesNotContain("desired");

        await(store.delete(CLASSIC, bare(), "t"));
        clock.advance(Duration.ofHours(49));
        assertThat(update(CLASSIC, "{'state':{'reported':{'on':true}}}")
                        .current()
                        .version())
                .isEqualTo(1);
    }

    @Test
    void delete_ofAShadowThatIsNot_isRefused() {
        assertThat(refusal(store.delete(new ShadowId(LAMP, "night"), bare(), "t"))
                        .message())
                .isEqualTo("No shadow exists with name: night");
    }

    @Test
    void tombstones_ofRemovedFields_areForgottenAfterTheirTime() {
        update(CLASSIC, "{'state':{'reported':{'a':1,'b':2}}}");
        update(CLASSIC, "{'state':{'reported':{'a':null}}}");
        assertThat(fieldsOf("reported")).contains("a");

        clock.advance(Duration.ofHours(49));
        update(CLASSIC, "{'state':{'reported':{'b':2}}}");

        assertThat(fieldsOf("reported")).containsExactly("b");
    }

    /** As a region gets it that was away for longer than tombstones are remembered, from a feed that goes back further. */
    @Test
    void merge_ofARemovalThatComesLate_removesTheFieldHereAndWhereItIsPassedOn() {
        ShadowStore there = storeOf(THERE);
        ShadowStore behind = storeOf(new RegionId("behind"));
        ShadowDocument before = await(there.update(CLASSIC, request("{'state':{'reported':{'a':1,'b':2}}}"), "t"))
                .current();
        merge(store, before);
        merge(behind, before);
        ShadowDocument after = await(there.update(CLASSIC, request("{'state':{'reported':{'a':null}}}"), "t"))
                .current();
        clock.advance(Duration.ofHours(49));

        assertThat(merge(store, after).stateChanged()).isTrue();

        assertThat(json(stored(store))).contains("'reported':{'b':2}");
        merge(behind, stored(store));
        assertThat(json(stored(behind))).contains("'reported':{'b':2}");
        assertThat(merge(store, after).needsStoring()).isFalse();
    }

    @Test
    void merge_ofADeletionThatComesLate_deletesTheShadowHereAndWhereItIsPassedOn() {
        ShadowStore there = storeOf(THERE);
        ShadowStore behind = storeOf(new RegionId("behind"));
        ShadowDocument before = await(there.update(CLASSIC, request("{'state':{'reported':{'a':1}}}"), "t"))
                .current();
        merge(store, before);
        merge(behind, before);
        ShadowDocument deleted = await(there.delete(CLASSIC, bare(), "t"));
        clock.advance(Duration.ofHours(49));

        assertThat(merge(store, deleted).stateChanged()).isTrue();

        assertThat(stored(store).exists()).isFalse();
        merge(behind, stored(store));
        assertThat(stored(behind).exists()).isFalse();
        long version = stored(store).version();
        merge(store, deleted);
        assertThat(stored(store).version()).isEqualTo(version);
    }

    @Test
    void merge_ofADeletionThatComesLate_ofWhatIsNotHere_storesNothing() {
        ShadowStore there = storeOf(THERE);
        await(there.update(CLASSIC, request("{'state':{'reported':{'a':1}}}"), "t"));
        ShadowDocument deleted = await(there.delete(CLASSIC, bare(), "t"));
        clock.advance(Duration.ofHours(49));

        merge(store, deleted);

        assertThat(stored(store)).isEqualTo(ShadowDocument.NONE);
    }

    private ShadowStore storeOf(RegionId region) {
        return new ShadowStore(new MemoryTable(clock), region, clock, SETTINGS);
    }

    private static RegionMerge merge(ShadowStore store, ShadowDocument remote) {
        return await(store.merge(CLASSIC, remote, "t"));
    }

    private static ShadowDocument stored(ShadowStore store) {
        return await(store.stored(CLASSIC)).document();
    }

    @Test
    void tombstones_ofEverNewFields_areBounded() {
        for (int round = 0; round < 12; round++) {
            StringBuilder removals = new StringBuilder();
            for (int i = 0; i < 1500; i++) {
                removals.append("'some-field-")
                        .append(round)
                        .append('-')
                        .append(i)
                        .append("':null,");
            }
            update(CLASSIC, "{'state':{'reported':{" + removals + "'kept':" + round + "}}}");
            clock.advance(Duration.ofMinutes(1));
        }

        ShadowDocument document = await(store.get(CLASSIC, bare()));
        assertThat(DocumentFormat.encode(document)).hasSizeLessThanOrEqualTo(TombstoneBound.MAX_STORED_BYTES);
        assertThat(json(document)).contains("'reported':{'kept':11}");
        // The latest are still known: an older write of another region does not bring the field back.
        assertThat(document.root().child("reported").child("some-field-11-0").isPresent())
                .isFalse();
        assertThat(document.root().child("reported").children()).containsKey("some-field-11-0");
    }

    @Test
    void named_shadows_areBesideTheClassicOne_andListedInPages() {
        update(CLASSIC, "{'state':{'desired':{'on':true}}}");
        for (int i = 0; i < 25; i++) {
            update(new ShadowId(LAMP, "name-" + (char) ('a' + i)), "{'state':{'desired':{'i':" + i + "}}}");
        }
        await(store.delete(new ShadowId(LAMP, "name-c"), bare(), "t"));
        update(ShadowId.classic(new DeviceId("lamp-10")), "{'state':{'desired':{'on':true}}}");

        List<String> names = new ArrayList<>();
        String after = null;
        do {
            NamePage page = await(store.names(LAMP, after, 7));
            assertThat(page.names()).hasSizeLessThanOrEqualTo(7);
            names.addAll(page.names());
            after = page.next();
        } while (after != null);
        assertThat(names).hasSize(24).isSorted().doesNotContain("name-c").contains("name-a", "name-y");
        assertThat(await(store.names(LAMP, null, 24)).next()).isNull();
        assertThat(await(store.names(new DeviceId("lamp-10"), null, 10)).names())
                .isEmpty();
        assertThat(json(await(store.get(new ShadowId(LAMP, "name-b"), bare())))).contains("'i':1");
    }

    @Test
    void history_tellsWhoWhenAndWhichFields_latestFirst() {
        await(store.update(CLASSIC, request("{'state':{'desired':{'c':{'r':1,'g/b':[2]}}}}"), "rest:admin"));
        clock.advance(Duration.ofSeconds(5));
        await(store.update(CLASSIC, request("{'state':{'reported':{'c':{'r':null}}}}"), "mqtt:lamp-1"));
        clock.advance(Duration.ofSeconds(5));
        await(store.delete(CLASSIC, bare(), "mqtt:app"));

        List<ShadowChange> changes = history(CLASSIC);
        assertThat(changes)
                .extracting(ShadowChange::kind, ShadowChange::by, ShadowChange::version, ShadowChange::fields)
                .containsExactly(
                        tuple(ShadowChange.Kind.DELETED, "mqtt:app", 2L, List.<String>of()),
                        tuple(ShadowChange.Kind.UPDATED, "mqtt:lamp-1", 2L, List.of("/reported/c/r")),
                        tuple(ShadowChange.Kind.UPDATED, "rest:admin", 1L, List.of("/desired/c/g~1b", "/desired/c/r")));
        assertThat(changes.get(0).time().physicalMillis()).isEqualTo(clock.millis());
    }

    @Test
    void history_inPages_isWholeAndWithoutRepetition_andEndsWithItsTime() {
        for (int i = 0; i < 23; i++) {
            update(CLASSIC, "{'state':{'reported':{'i':" + i + "}}}");
            update(new ShadowId(LAMP, "other"), "{'state':{'reported':{'i':" + i + "}}}");
        }
        assertThat(history(CLASSIC))
                .extracting(ShadowChange::version)
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, 23).mapToObj(i -> 24L - i).toList());

        clock.advance(Duration.ofDays(31));
        assertThat(history(CLASSIC)).isEmpty();
        update(CLASSIC, "{'state':{'reported':{'i':0}}}");
        assertThat(history(CLASSIC)).hasSize(1);
    }

    @Test
    void merge_ofAnotherRegionsDocument_keepsBothRegionsFieldsAndTellsWhatLost() {
        ShadowStore there = new ShadowStore(openOther(), THERE, clock, SETTINGS);
        await(there.update(CLASSIC, request("{'state':{'desired':{'color':'blue','level':1}}}"), "t"));
        clock.advance(Duration.ofSeconds(1));
        update(CLASSIC, "{'state':{'desired':{'color':'red','on':true}}}");

        ShadowDocument remote = await(there.stored(CLASSIC)).document();
        RegionMerge merge = await(store.merge(CLASSIC, remote, "region:there"));

        assertThat(merge.stateChanged()).isTrue();
        assertThat(json(await(store.get(CLASSIC, bare())))).contains("'desired':{'color':'red','level':1,'on':true}");
        ShadowChange change = history(CLASSIC).get(0);
        assertThat(change.kind()).isEqualTo(ShadowChange.Kind.MERGED);
        assertThat(change.by()).isEqualTo("region:there");
        assertThat(change.fields()).containsExactly("/desired/level");
        assertThat(change.lost()).singleElement().satisfies(lost -> {
            assertThat(lost.pointer()).isEqualTo("/desired/color");
            assertThat(lost.value()).isEqualTo(new JsonValue.Text("blue"));
            assertThat(lost.stamp().region()).isEqualTo(THERE);
        });

        assertThat(await(store.merge(CLASSIC, remote, "region:there")).needsStoring())
                .isFalse();
        assertThat(history(CLASSIC)).hasSize(2);
    }

    @Test
    void merge_amongLocalWriters_losesNeither() {
        ShadowStore there = new ShadowStore(openOther(), THERE, clock, SETTINGS);
        List<ShadowDocument> remotes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            ShadowUpdate update =
                    await(there.update(CLASSIC, request("{'state':{'desired':{'there" + i + "':1}}}"), "t"));
            remotes.add(update.current());
        }
        CompletableFuture<Void> merging = CompletableFuture.runAsync(
                () -> remotes.forEach(remote -> await(store.merge(CLASSIC, remote, "region:there"))));
        for (int i = 0; i < 20; i++) {
            update(CLASSIC, "{'state':{'desired':{'here" + i + "':1}}}");
        }
        merging.join();

        String state = json(await(store.get(CLASSIC, bare())));
        for (int i = 0; i < 20; i++) {
            assertThat(state).contains("'here" + i + "':1").contains("'there" + i + "':1");
        }
    }

    @Test
    void merge_ofADeletionThatIsLongPast_storesNothing() {
        ShadowStore there = new ShadowStore(openOther(), THERE, clock, SETTINGS);
        await(there.update(CLASSIC, request("{'state':{'desired':{'a':1}}}"), "t"));
        await(there.delete(CLASSIC, bare(), "t"));
        ShadowDocument deleted = await(there.stored(CLASSIC)).document();

        clock.advance(Duration.ofHours(49));
        await(store.merge(CLASSIC, deleted, "region:there"));

        assertThat(await(store.stored(CLASSIC)).document()).isEqualTo(ShadowDocument.NONE);
    }

    @Test
    void erase_leavesNothingOfTheState_andALateMergeDoesNotBringItBack() {
        update(CLASSIC, "{'state':{'desired':{'secret':'s3cr3t'}}}");
        update(CLASSIC, "{'state':{'desired':{'secret':'s3cr3t2'}}}");
        update(new ShadowId(LAMP, "night"), "{'state':{'desired':{'secret':'s3cr3t'}}}");
        update(ShadowId.classic(new DeviceId("lamp-2")), "{'state':{'desired':{'on':true}}}");
        ShadowDocument before = await(store.stored(CLASSIC)).document();

        assertThat(await(store.erase(LAMP))).isEqualTo(2);

        assertThat(refusal(store.get(CLASSIC, bare())).code()).isEqualTo(404);
        assertThat(await(store.names(LAMP, null, 10)).names()).isEmpty();
        assertThat(history(CLASSIC)).extracting(ShadowChange::kind).containsExactly(ShadowChange.Kind.ERASED);
        assertThat(bodiesOf(LAMP)).noneMatch(body -> body.contains("s3cr3t") || body.contains("secret"));
        assertThat(await(store.get(ShadowId.classic(new DeviceId("lamp-2")), bare()))
                        .version())
                .isEqualTo(1);

        await(store.merge(CLASSIC, before, "region:there"));
        assertThat(refusal(store.get(CLASSIC, bare())).code()).isEqualTo(404);
        assertThat(await(store.erase(new DeviceId("nobody")))).isZero();
    }

    @Test
    void erase_whileAChangeMovesToTheHistory_leavesItInNoAnswer() {
        SlowHistory slow = new SlowHistory(table);
        ShadowStore slowly = new ShadowStore(slow, HERE, clock, SETTINGS);
        update(CLASSIC, "{'state':{'desired':{'secret':'s3cr3t'}}}");
        CompletableFuture<ShadowUpdate> updating = slowly.update(
                        CLASSIC, request("{'state':{'desired':{'other':1}}}"), "t")
                .subscribeAsCompletionStage();
        slow.awaitHeld();

        assertThat(await(store.erase(LAMP))).isEqualTo(1);
        slow.release();
        updating.join();

        assertThat(history(CLASSIC)).extracting(ShadowChange::kind).doesNotContain(ShadowChange.Kind.UPDATED);
        update(CLASSIC, "{'state':{'desired':{'new':1}}}");
        assertThat(history(CLASSIC))
                .extracting(ShadowChange::kind)
                .containsExactly(ShadowChange.Kind.UPDATED, ShadowChange.Kind.ERASED);
        await(store.erase(LAMP, stampOf(store.stored(CLASSIC))));
        assertThat(bodiesOf(LAMP)).noneMatch(body -> body.contains("secret") || body.contains("other"));
    }

    @Test
    void erase_whileAnUpdateHasNotYetWritten_theUpdateIsNewAndItsPredecessorInNoAnswer() {
        SlowHistory slow = new SlowHistory(table);
        slow.holdPutsToo();
        ShadowStore slowly = new ShadowStore(slow, HERE, clock, SETTINGS);
        update(CLASSIC, "{'state':{'desired':{'secret':'s3cr3t'}}}");
        CompletableFuture<ShadowUpdate> updating = slowly.update(
                        CLASSIC, request("{'state':{'desired':{'other':1}}}"), "t")
                .subscribeAsCompletionStage();
        slow.awaitHeld();

        assertThat(await(store.erase(LAMP))).isEqualTo(1);
        slow.release();
        updating.join();

        assertThat(json(await(store.get(CLASSIC, bare()))))
                .contains("'other':1")
                .doesNotContain("secret");
        assertThat(history(CLASSIC))
                .extracting(ShadowChange::kind)
                .containsExactly(ShadowChange.Kind.UPDATED, ShadowChange.Kind.ERASED);
    }

    @Test
    void erase_historyByPages_neverTellsWhatMovedTooLate() {
        SlowHistory slow = new SlowHistory(table);
        ShadowStore slowly = new ShadowStore(slow, HERE, clock, SETTINGS);
        update(CLASSIC, "{'state':{'desired':{'a':1}}}");
        String place = ShadowKeys.placeOf(history(CLASSIC).get(0));
        update(CLASSIC, "{'state':{'desired':{'secret':'s3cr3t'}}}");
        CompletableFuture<ShadowUpdate> updating = slowly.update(
                        CLASSIC, request("{'state':{'desired':{'other':1}}}"), "t")
                .subscribeAsCompletionStage();
        slow.awaitHeld();
        String behind = ShadowKeys.placeOf(history(CLASSIC).get(0));
        await(store.erase(LAMP));
        slow.release();
        updating.join();
        assertThat(await(store.history(CLASSIC, behind, 5)).changes()).isEmpty();
        assertThat(await(store.history(CLASSIC, place, 5)).changes()).isEmpty();
    }

    @Test
    void eraseAt_finishedLater_leavesWhatWasWrittenSince() {
        update(CLASSIC, "{'state':{'desired':{'old':1}}}");
        update(new ShadowId(LAMP, "night"), "{'state':{'desired':{'old':1}}}");
        clock.advance(Duration.ofSeconds(1));
        WriteStamp at = new WriteStamp(HybridTime.of(clock.millis(), 0), HERE);
        clock.advance(Duration.ofSeconds(1));
        update(CLASSIC, "{'state':{'desired':{'new':1}}}");
        update(new ShadowId(LAMP, "day"), "{'state':{'desired':{'new':1}}}");

        assertThat(await(store.erase(LAMP, at))).isEqualTo(2);
        assertThat(await(store.erase(LAMP, at))).isZero();

        assertThat(json(await(store.get(CLASSIC, bare())))).contains("'new':1").doesNotContain("old");
        assertThat(await(store.names(LAMP, null, 10)).names()).containsExactly("day");
        assertThat(bodiesOf(LAMP)).noneMatch(body -> body.contains("old"));
        assertThat(history(CLASSIC)).extracting(ShadowChange::fields).containsExactly(List.of("/desired/new"));
        assertThat(history(new ShadowId(LAMP, "day"))).hasSize(1);
        update(CLASSIC, "{'state':{'desired':{'newer':1}}}");
        assertThat(history(CLASSIC)).hasSize(2);
    }

    /** Nothing is left of the document then, by which its history could be found. */
    @Test
    void erase_ofAShadowThatWasDeletedLongAgo_leavesNothingOfItsHistory() {
        for (ShadowId id : List.of(CLASSIC, ShadowId.classic(new DeviceId("lamp-2")))) {
            update(id, "{'state':{'desired':{'old':1}}}");
            update(id, "{'state':{'desired':{'old':2}}}");
            await(store.delete(id, bare(), "t"));
        }
        clock.advance(Duration.ofHours(49));
        assertThat(history(CLASSIC)).isNotEmpty();

        await(store.erase(LAMP));
        await(store.eraseHistory(new DeviceId("lamp-2"), HybridTime.of(clock.millis(), 0)));

        assertThat(history(CLASSIC)).isEmpty();
        assertThat(history(ShadowId.classic(new DeviceId("lamp-2")))).isEmpty();
    }

    @Test
    void erase_ofAShadowThatIsErased_writesNothing() {
        update(CLASSIC, "{'state':{'desired':{'a':1}}}");
        await(store.erase(LAMP));
        StoredShadow erased = await(store.stored(CLASSIC));
        assertThat(await(store.erase(LAMP))).isZero();
        assertThat(await(store.stored(CLASSIC))).isEqualTo(erased);
    }

    @Test
    void merge_ofWhatAnErasureHasOverwritten_keepsNoValueOfIt() {
        ShadowStore there = new ShadowStore(openOther(), THERE, clock, SETTINGS);
        update(CLASSIC, "{'state':{'desired':{'secret':'here'}}}");
        await(there.update(CLASSIC, request("{'state':{'desired':{'secret':'th3re'}}}"), "t"));
        clock.advance(Duration.ofSeconds(1));
        await(store.erase(LAMP));
        await(store.merge(CLASSIC, await(there.stored(CLASSIC)).document(), "region:there"));

        assertThat(refusal(store.get(CLASSIC, bare())).code()).isEqualTo(404);
        assertThat(history(CLASSIC)).allSatisfy(change -> {
            assertThat(change.lost()).isEmpty();
            assertThat(change.fields()).isEmpty();
        });
        assertThat(bodiesOf(LAMP)).noneMatch(body -> body.contains("secret") || body.contains("th3re"));
    }

    @Test
    void eraseHistory_inAnotherRegion_leavesDocumentsToTheMerge() {
        ShadowStore there = new ShadowStore(openOther(), THERE, clock, SETTINGS);
        await(there.update(CLASSIC, request("{'state':{'desired':{'s3cret':'x'}}}"), "t"));
        await(store.merge(CLASSIC, await(there.stored(CLASSIC)).document(), "region:there"));
        update(CLASSIC, "{'state':{'desired':{'s3cret2':'x'}}}");
        clock.advance(Duration.ofSeconds(1));
        await(there.erase(LAMP));
        HybridTime before = HybridTime.of(clock.millis(), 0);

        await(store.eraseHistory(LAMP, before));
        assertThat(json(await(store.get(CLASSIC, bare())))).contains("s3cret");
        assertThat(history(CLASSIC)).extracting(ShadowChange::kind).containsExactly(ShadowChange.Kind.ERASED);

        await(store.merge(CLASSIC, await(there.stored(CLASSIC)).document(), "region:there"));
        assertThat(refusal(store.get(CLASSIC, bare())).code()).isEqualTo(404);
        assertThat(history(CLASSIC))
                .allSatisfy(change -> assertThat(change.fields()).isEmpty());
        assertThat(bodiesOf(LAMP)).noneMatch(body -> body.contains("s3cret"));
    }

    private static WriteStamp stampOf(Uni<StoredShadow> stored) {
        WriteStamp last = Objects.requireNonNull(await(stored).document().lastWrite());
        return new WriteStamp(new HybridTime(last.time().packed() - 1), last.region());
    }

    /** A table of another process whose writes to histories take until they are released. */
    private static final class SlowHistory extends ForwardingTable {
        private final CompletableFuture<Void> released = new CompletableFuture<>();
        private final CompletableFuture<Void> held = new CompletableFuture<>();
        private boolean holdsPuts;

        SlowHistory(Table table) {
            super(table);
        }

        void holdPutsToo() {
            holdsPuts = true;
        }

        void awaitHeld() {
            held.orTimeout(60, TimeUnit.SECONDS).join();
        }

        void release() {
            released.complete(null);
        }

        @Override
        public Uni<Void> write(List<Write> writes) {
            if (writes.get(0).key().sortKey().array()[0] != 0x41) {
                return table.write(writes);
            }
            held.complete(null);
            return Uni.createFrom().completionStage(released).chain(() -> table.write(writes));
        }

        @Override
        public Uni<Void> put(Item item, Condition condition) {
            return holdsPuts
                    ? Uni.createFrom().completionStage(released).chain(() -> table.put(item, condition))
                    : table.put(item, condition);
        }
    }

    /** Names of the fields of a section that the stored document knows, removed ones included. */
    private List<String> fieldsOf(String section) {
        return List.copyOf(await(store.stored(CLASSIC))
                .document()
                .root()
                .child(section)
                .children()
                .keySet());
    }

    private List<String> bodiesOf(DeviceId thing) {
        Query all = new Query(thing.value(), SortRange.ALL, Direction.ASCENDING, 1000, null, Consistency.STRONG);
        return await(table.query(all)).items().stream()
                .map(item -> new String(item.body().array(), StandardCharsets.ISO_8859_1))
                .toList();
    }

    /** The table of another region. */
    private Table openOther() {
        return new MemoryTable(clock);
    }

    private ShadowUpdate update(ShadowId id, String body) {
        return await(store.update(id, request(body), "test"));
    }

    private List<ShadowChange> history(ShadowId id) {
        List<ShadowChange> changes = new ArrayList<>();
        String before = null;
        do {
            HistoryPage page = await(store.history(id, before, 5));
            assertThat(page.changes()).hasSizeLessThanOrEqualTo(5);
            changes.addAll(page.changes());
            before = page.next();
        } while (before != null);
        return changes;
    }

    private static ShadowError refusal(Uni<?> refused) {
        return catchThrowableOfType(ShadowException.class, () -> await(refused)).error();
    }

    static ShadowRequest bare() {
        return new ShadowRequest(null, null, null);
    }

    static ShadowRequest request(String body) {
        return ShadowRequest.update(body.replace('\'', '"').getBytes(StandardCharsets.UTF_8), Limits.DEFAULT);
    }

    static String json(ShadowDocument document) {
        return new String(ShadowJson.whole(document, 0, null), StandardCharsets.UTF_8).replace('"', '\'');
    }

    static <T> T await(Uni<T> uni) {
        return uni.await().atMost(Duration.ofSeconds(60));
    }

    /** A table that loses the answer to the first conditional put, which it did, and counts them. */
    private static Table losingFirstAnswer(Table table, AtomicInteger puts) {
        return (Table) Proxy.newProxyInstance(
                Table.class.getClassLoader(), new Class<?>[] {Table.class}, (proxy, method, arguments) -> {
                    Object answer = method.invoke(table, arguments);
                    return method.getName().equals("put") && puts.getAndIncrement() == 0
                            ? ((Uni<?>) answer)
                                    .chain(done -> Uni.createFrom().failure(new OutcomeUnknownException("lost", null)))
                            : answer;
                });
    }
}
