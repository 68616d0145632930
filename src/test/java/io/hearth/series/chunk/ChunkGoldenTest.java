package io.hearth.series.chunk;

import static org.assertj.core.api.Assertions.assertThat;

import io.hearth.model.Column;
import io.hearth.model.HybridTime;
import io.hearth.model.ReadingBlock;
import io.hearth.model.RegionId;
import io.hearth.model.WriteStamp;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Pins the bytes. If one of these tests fails, chunks that are stored can no longer be read: raise the version. */
class ChunkGoldenTest {
    private static final int SIZE = 8;

    private static final String ALL_KINDS = """
            01113e3655bc0108ffb3891380bbb02107ebe1d9500405626f6f6c7308d7353495020000000201020108646563696d616c73
            08a382d121170000ae03318c01c4240031056d697865642fdce98c3f04060200000200000003036f66660201036f64644e87
            0a8619030000000000000000f8bf9c7500883ce4377e9c7500883ce4377e000000000000f07f000000000000008000000000
            0000f03f020e5702010465752d310106010401f69188c0ef6601a89a010002060002000180b4bc0201dffbbb0201000780da
            c4090200030202010302011002ae0302060400080004020004020206050102010a02130210000002020100010202010e0107
            0068656174696e676f666601020101010201010182808080808080c08601018080808080808080f30101cba9fcffeef08d88
            7d01fa9f92b3c4aeb5e386010199c3afe6bb8ac1e682010193b3e6cc99b3e6bc8001018180808080808008
            """;

    private static final String EACH_FORM = """
            014e5a3a33820242a09984e288d2a306d0fff7b50260e149db750304626974739b02e18f3a3503000027f290496e9f3f405a
            e5acfa31514040314baa825091a04032dbc7c8d633174027f290496e9f3f405ae5acfa315140400a64696374696f6e617279
            66b46673e00300000000000000000000abaaaaaaaaaa02400000000000c0514073d145175df43f40abaaaaaaaaaafa3f5555
            55555555d53f0a657863657074696f6e73b201fc6af3fc03000000000000000000807b14ae47e18672409a99999979f6c140
            60612b9963992041ec51b81e85636a40f6285c8fc2a56640020e5702010465752d310106017801f69188c0ef6601a89a0100
            02060002000180b4bc0201dffbbb028500d0e9c409e807120003000300070003010300030003000b000b020f0003000b0003
            001a0026002e002e000e3dd01f773f4bfe7ae6bd91eaf8ac19182ccc571a37715ef77204eb2dbd75130070b63f151cf8e071
            7ca12f4fa3c4a9c3d785e3010286cec88799c9dbcfbf8001f6a9d6ccfe820295ead2f207010c000331070107010f00070017
            000b001300170023095b150bb8d5aee940d61000074229054c5b610479f979cf8c92a9acec41f9f88aca4f5f89f224049c5c
            1f6d25af8df648e584245295dd82d47a271f732366c7daa9c031a5f669dcaff11827acd9c5a9ca5d91734e51d486cb12db19
            51c4dbe3fbd024e438acc8b40ce55eccc20df29a70dfb620a43acd060118e3daff242edfa737493cec8f301f5bd6249af855
            82973c7714d94efdc5e0c2ebe264a91cef85f0be686241c7c31039fa3f1591fb72762b740859927e86f4d8b3ae17e1d23a0e
            7e423bc22e68beff9486b5c12e50eececf1a00698e68f9cd816bfda41dbc4c76f71ec1e648fbafa7920a7b01010108010001
            aad5aad5aad5aad57f01a9d5aad5aad5aac57f01a9d5aad5aad5aa0501abd5aad5aad5aa050102010101d3aad5aad5aad502
            840601080026004100160026001a000e000f010b23f3aabfdbe92a87a5784c67047cb8d1d0845d9546c0b9196b0e01248480
            ec01010d0003110306030203000b000b00030012000f001a0016004c000ca73128bd165ef3ae364e7ceec7d4fea6440b0fd1
            9db614a1698b1601ee9ec8441f018b23496b1ddf895e28e8372106972841504554eeda6db7ea48cf32de095f9681a64c95a6
            da4fef4de6fbebc2232d5df38328762fcced6b47c418b630d800cb20d10821b2d62591fc5c4983b4a903dc0050a4d8c4465f
            38c0d98c0702140000000000000080270000000000000080
            """;

    private static final String WALK = """
            01a0632fb59101d804c0a2b5e288d2a30680cba0a81608b9f88a5a0307626174746572790725f785d6170000ce0c00000000
            000868756d6964697479b201ec0e77371700008a082ef96dc5e41b06230b74656d70657261747572658a0122ce1132170000
            ee0219be41c0d1081207020e5702010465752d31010601a40901f69188c0ef6601a89a010002060002000180b4bc0201dffb
            bb020100d70480dac409011000d804ce0c0110bd960800010500870800cb0200fa02028f010046e8ef1a950e4b8d6315957e
            f44588c39686f978a3859c0a0318227631c997fed1873d5b14dfc7a0c1368af1693fa0336a12686d9a238271eb28bf2b32fe
            972cb9ed7d6f2e284aa3e7b13875ca6880e8a3bbdb86406fcdb9e6338f1b92fcbb43d2d5411a430e5f786afd0a7ae0530c97
            8cf8adf9b46f270569f616400e52fd04e7ca8e6f9742446cd790c463c8f3056500fa6b7106b143e904c4f713020110bd9203
            000103009c080083040035df356f2e8917e702828cf841ca351a2f53aed26eafa107314a8b757ef0c72185dfd6fe2feb6832
            0ded4a13386a07f4c109a46c88db151bf40ed88712b21ac453942924f94b6d8da444f79ac6ed193de9ef8c1e9d8edb6c31bb
            cbc043f7006e858e815f7bac5358aec06fd483c838088540722c7501000ee21c11
            """;

    @Test
    void encode_allKinds_givesThesePinnedBytes() {
        assertPinned(allKinds(), ALL_KINDS);
    }

    @Test
    void encode_numbersOfEachForm_givesThesePinnedBytes() {
        assertPinned(eachForm(), EACH_FORM);
    }

    @Test
    void encode_walkOfTenths_givesThesePinnedBytes() {
        assertPinned(SmartHomeWorkload.readings(42, 600), WALK);
    }

    private static ReadingBlock allKinds() {
        long[] times = new long[SIZE];
        byte[] mixed = new byte[SIZE];
        String[] texts = new String[SIZE];
        byte[] bools = new byte[SIZE];
        double[] decimals = new double[SIZE];
        double[] odd = {-0.0, 0x1p53, Double.MIN_VALUE, 1e300, 0.1 + 0.2, -1.5, 0, 1};
        double[] truth = {1, 1, 1, 0, 0, 1, 1, 1};
        for (int i = 0; i < SIZE; i++) {
            times[i] = -20_000_000L + 10_000_000L * i;
            mixed[i] = List.of(Column.TEXT, Column.ABSENT, Column.NUMBER, Column.BOOL)
                    .get(i % 4);
            texts[i] = i % 8 == 0 ? "off" : "heating";
            bools[i] = Column.BOOL;
            decimals[i] = (215 + i * i) / 10.0;
        }
        return new ReadingBlock(
                SIZE,
                times,
                List.of(
                        new Column("bools", bools, truth, null),
                        new Column("decimals", null, decimals, null),
                        new Column("mixed", mixed, truth, texts),
                        new Column("odd", null, odd, null)));
    }

    private static ReadingBlock eachForm() {
        int size = 66;
        Random random = new Random(11);
        long[] times = new long[size];
        double[] bits = new double[size];
        double[] dictionary = new double[size];
        double[] exceptions = new double[size];
        for (int i = 0; i < size; i++) {
            times[i] = 1_767_225_600_000_000L + 10_000_000L * i + 1000 * random.nextInt(40);
            bits[i] = Math.sqrt(1000 + i);
            dictionary[i] = random.nextInt(8) / 3.0;
            exceptions[i] = i % 40 == 20 ? -0.0 : random.nextInt(30_000) / 100.0;
        }
        return new ReadingBlock(
                size,
                times,
                List.of(
                        new Column("bits", null, bits, null),
                        new Column("dictionary", null, dictionary, null),
                        new Column("exceptions", null, exceptions, null)));
    }

    private static void assertPinned(ReadingBlock block, String pinned) {
        WriteStamp stamp = new WriteStamp(HybridTime.of(1_767_312_000_123L, 3), new RegionId("eu-1"));
        List<Span> spans = List.of(
                new Span(3, stamp, 2_592_000), new Span(block.size() - 3, Blocks.stamp(1_767_312_009_999L), 3600));
        String hex = pinned.replaceAll("\\s", "");

        List<byte[]> chunks = ChunkWriter.encode(block, spans, new byte[] {0x0E, 0x57});

        assertThat(HexFormat.of().formatHex(chunks.get(0))).isEqualTo(hex);
        Chunk chunk = Chunk.open(HexFormat.of().parseHex(hex));
        assertThat(chunk.spans()).isEqualTo(spans);
        Blocks.assertSame(chunk.decode(metric -> true, new ChunkScratch()), block);
    }
}
