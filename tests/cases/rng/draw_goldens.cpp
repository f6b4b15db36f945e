// Draws the golden numbers beside this file with BVLC Caffe's own code and Boost's headers.
// How to build and run it: README.md. Usage: draw_goldens FOLDER
#include <boost/crc.hpp>
#include <boost/random.hpp>
#include <caffe/data_transformer.hpp>
#include <caffe/filler.hpp>
#include <caffe/util/io.hpp>
#include <caffe/util/rng.hpp>
#include <google/protobuf/text_format.h>

#include <cstdio>
#include <fstream>

using std::string;
using std::vector;

// io.cpp is left out of the build; the transformer needs this one function of it.
namespace caffe {
bool ReadProtoFromBinaryFile(const char* name, google::protobuf::Message* proto) {
  std::ifstream file(name, std::ios::binary);
  return proto->ParseFromIstream(&file);
}
}  // namespace caffe

static string number(double v, int digits) {
  char text[64];
  snprintf(text, sizeof text, "%.*g", digits, v);
  return text;
}
static string text(float v) { return number(v, 9); }
static string text(double v) { return number(v, 17); }
static string text(uint32_t v) { return std::to_string(v); }
static string text(int v) { return std::to_string(v); }

template <class T>
static string list(const vector<T>& values, size_t first, size_t last) {
  string out = "[";
  for (size_t i = first; i < last && i < values.size(); ++i)
    out += (i > first ? ", " : "") + text(values[i]);
  return out + "]";
}

// CRC-32 of the values' bytes, little-endian, as zlib.crc32 computes it.
template <class T>
static string crc32(const vector<T>& values) {
  boost::crc_32_type crc;
  crc.process_bytes(values.data(), values.size() * sizeof(T));
  return text(uint32_t(crc.checksum()));
}

struct Cases {
  std::ofstream file;
  bool first = true;
  explicit Cases(const string& path) : file(path) { file << "[\n"; }
  void add(const string& fields) { file << (first ? "" : ",\n") << "  {" << fields << "}"; first = false; }
  ~Cases() { file << "\n]\n"; }
};

// boost::mt19937 that counts its draws.
struct Counting {
  typedef uint32_t result_type;
  boost::mt19937 engine;
  size_t drawn = 0;
  explicit Counting(uint32_t seed) : engine(seed) {}
  static uint32_t min() { return 0; }
  static uint32_t max() { return 0xffffffffu; }
  uint32_t operator()() { ++drawn; return engine(); }
};

static void raw(const string& folder) {
  Cases cases(folder + "/raw.json");
  for (uint32_t seed : {0u, 1u, 1701u, 5489u, 4294967295u}) {
    boost::mt19937 engine(seed);
    vector<uint32_t> v(100000);
    for (auto& x : v) x = engine();
    cases.add("\"seed\": " + text(seed) + ", \"first\": " + list(v, 0, 4) + ", \"from_622\": " + list(v, 622, 626) +
              ", \"count\": 100000, \"crc32\": " + crc32(v) + ", \"next_raw\": " + text(uint32_t(engine())));
  }
}

static void gaussian(Cases* cases, uint32_t seed, float mean, float sigma, int count) {
  caffe::Caffe::set_random_seed(seed);
  vector<float> v(count);
  caffe::caffe_rng_gaussian<float>(count, mean, sigma, v.data());
  const uint32_t next = caffe::caffe_rng_rand();
  // The same numbers through a generator that counts: where did Boost take other than the usual number of draws?
  Counting engine(seed);
  boost::normal_distribution<float> distribution(mean, sigma);
  string special;
  int wedges = 0, rejections = 0, tails = 0;
  for (int i = 0; i < count; ++i) {
    const size_t before = engine.drawn;
    const float x = distribution(engine);
    if (x != v[i]) abort();
    const size_t took = engine.drawn - before;
    const bool tail = std::fabs((x - mean) / sigma) > 3.4427;
    int* seen = tail ? &tails : took == 2 ? &wedges : took > 2 ? &rejections : nullptr;
    if (seen && ++*seen <= 3)
      special += string(special.empty() ? "" : ", ") + "{\"kind\": \"" +
                 (tail ? "tail" : took == 2 ? "wedge" : "rejection") + "\", \"index\": " + text(i) +
                 ", \"value\": " + text(x) + ", \"drawn_before\": " + text(uint32_t(before)) +
                 ", \"draws\": " + text(uint32_t(took)) + "}";
  }
  cases->add("\"seed\": " + text(seed) + ", \"mean\": " + text(mean) +
             ", \"std\": " + text(sigma) + ", \"count\": " + text(count) + ", \"first\": " + list(v, 0, 6) +
             ", \"crc32\": " + crc32(v) + ", \"tails\": " + text(tails) + ", \"rejections\": " +
             text(rejections) + ", \"drawn\": " + text(uint32_t(engine.drawn)) + ", \"next_raw\": " + text(next) +
             ",\n   \"special\": [" + special + "]");
}

static void exponential(Cases* cases, uint32_t seed, float rate, int count) {
  boost::mt19937 engine(seed);
  boost::random::exponential_distribution<float> distribution(rate);
  vector<float> v(count);
  for (auto& x : v) x = distribution(engine);
  cases->add("\"seed\": " + text(seed) + ", \"rate\": " + text(rate) +
             ", \"count\": " + text(count) + ", \"first\": " + list(v, 0, 4) + ", \"crc32\": " + crc32(v) +
             ", \"next_raw\": " + text(uint32_t(engine())));
}

static void uniform(Cases* cases, uint32_t seed, float low, float high, int count) {
  caffe::Caffe::set_random_seed(seed);
  vector<float> v(count);
  caffe::caffe_rng_uniform<float>(count, low, high, v.data());
  cases->add("\"seed\": " + text(seed) + ", \"low\": " + text(low) +
             ", \"high\": " + text(high) + ", \"count\": " + text(count) + ", \"first\": " + list(v, 0, 4) +
             ", \"crc32\": " + crc32(v) + ", \"next_raw\": " + text(uint32_t(caffe::caffe_rng_rand())));
}

static void bernoulli(Cases* cases, uint32_t seed, float p, int count) {
  caffe::Caffe::set_random_seed(seed);
  vector<int> v(count);
  caffe::caffe_rng_bernoulli<float>(count, p, v.data());
  cases->add("\"seed\": " + text(seed) + ", \"p\": " + text(p) +
             ", \"count\": " + text(count) + ", \"first\": " + list(v, 0, 16) + ", \"crc32\": " +
             crc32(v) + ", \"next_raw\": " + text(uint32_t(caffe::caffe_rng_rand())));
}

static void filler(Cases* cases, const string& param, const vector<int>& shape) {
  caffe::FillerParameter message;
  if (!google::protobuf::TextFormat::ParseFromString(param, &message)) abort();
  caffe::Caffe::set_random_seed(1701);
  caffe::Blob<float> blob(shape);
  boost::shared_ptr<caffe::Filler<float> > filler(caffe::GetFiller<float>(message));
  filler->Fill(&blob);
  vector<float> v(blob.cpu_data(), blob.cpu_data() + blob.count());
  string quoted;
  for (char c : param) quoted += c == '"' ? "'" : string(1, c);
  cases->add("\"seed\": 1701, \"param\": \"" + quoted + "\", \"shape\": " +
             list(shape, 0, 9) + ", \"first\": " + list(v, 0, 8) + ", \"crc32\": " + crc32(v) +
             ", \"next_raw\": " + text(uint32_t(caffe::caffe_rng_rand())));
}

// Items of 3 x 6 x 5, element k of item i: (37 k + 101 i + 11) mod 256, as bytes, or / 8 - 7 as floats.
static void transform(Cases* cases, const string& param, caffe::Phase phase, uint32_t seed, bool floats) {
  caffe::TransformationParameter message;
  if (!google::protobuf::TextFormat::ParseFromString(param, &message)) abort();
  caffe::Caffe::set_random_seed(seed);
  caffe::DataTransformer<float> transformer(message, phase);
  transformer.InitRand();
  vector<caffe::Datum> items(4);
  for (int i = 0; i < 4; ++i) {
    items[i].set_channels(3);
    items[i].set_height(6);
    items[i].set_width(5);
    for (int k = 0; k < 90; ++k) {
      const int byte = (37 * k + 101 * i + 11) % 256;
      if (floats) items[i].add_float_data(byte / 8.0f - 7.0f);
      else items[i].mutable_data()->push_back(char(byte));
    }
  }
  vector<int> shape = transformer.InferBlobShape(items);
  caffe::Blob<float> top(shape);
  transformer.Transform(items, &top);
  vector<float> v(top.cpu_data(), top.cpu_data() + top.count());
  string quoted;
  for (char c : param) quoted += c == '"' ? "'" : string(1, c);
  cases->add("\"param\": \"" + quoted + "\", \"phase\": \"" + (phase == caffe::TRAIN ? "TRAIN" : "TEST") +
             "\", \"seed\": " + text(seed) + ", \"floats\": " + (floats ? "true" : "false") + ", \"shape\": " +
             list(shape, 0, 4) + ", \"next_global_raw\": " + text(uint32_t(caffe::caffe_rng_rand())) +
             ",\n   \"crc32\": " + crc32(v) + ", \"first\": " + list(v, 0, 9) + ", \"last\": " +
             list(v, v.size() - 6, v.size()));
}

static void distributions(const string& folder, Cases* g, Cases* u, Cases* b) {
  gaussian(g, 1701, 0, 1, 1000000);
  gaussian(g, 0, 0, 0.0589255646f, 200000);
  gaussian(g, 4294967295u, -2.5, 3, 100000);
  for (int count : {1, 2, 3, 99}) gaussian(g, 20161103, 0, 1, count);
  uniform(u, 1701, 0, 1, 1000000);
  uniform(u, 5, -0.05f, 0.05f, 100000);
  uniform(u, 5, -1, 2, 100000);
  uniform(u, 5, 3, 3, 1000);
  uniform(u, 5, 0, 0, 1000);
  uniform(u, 5, -3e38f, 3e38f, 1000);
  uniform(u, 5, -std::numeric_limits<float>::max(), std::numeric_limits<float>::max(), 1000);
  for (float p : {0.0f, 0.25f, 0.9f, 1.0f}) bernoulli(b, 9, p, 10000);
}

static void fillers(Cases* cases) {
  const vector<int> conv = {5, 4, 3, 2}, matrix = {7, 3}, row = {6};
  filler(cases, "", conv);
  filler(cases, "type: \"constant\" value: 0.1", row);
  filler(cases, "type: \"uniform\" min: -0.3 max: 0.7", conv);
  filler(cases, "type: \"gaussian\" mean: 0.5 std: 0.01", conv);
  filler(cases, "type: \"gaussian\" std: 2 sparse: 3", matrix);
  filler(cases, "type: \"gaussian\" sparse: 0", matrix);
  filler(cases, "type: \"positive_unitball\"", conv);
  for (string type : {"xavier", "msra"})
    for (string norm : {"FAN_IN", "FAN_OUT", "AVERAGE"}) {
      filler(cases, "type: \"" + type + "\" variance_norm: " + norm, conv);
      filler(cases, "type: \"" + type + "\" variance_norm: " + norm, matrix);
      filler(cases, "type: \"" + type + "\" variance_norm: " + norm, row);
    }
  filler(cases, "type: \"bilinear\"", {2, 3, 4, 4});
  filler(cases, "type: \"bilinear\"", {2, 1, 5, 5});
}

int main(int argc, char** argv) {
  const string folder = argv[1];
  raw(folder);
  {
    Cases g(folder + "/gaussian.json"), u(folder + "/uniform.json"), b(folder + "/bernoulli.json");
    distributions(folder, &g, &u, &b);
  }
  {
    Cases cases(folder + "/exponential.json");
    exponential(&cases, 1701, 1, 50000);
    exponential(&cases, 6, 3.44261979f, 5000);
  }
  {
    Cases cases(folder + "/fillers.json");
    fillers(&cases);
  }
  {
    Cases cases(folder + "/ziggurat.json");
    using namespace boost::random::detail;
    const double *nx = normal_table<double>::table_x, *ny = normal_table<double>::table_y;
    const double *ex = exponential_table<double>::table_x, *ey = exponential_table<double>::table_y;
    auto table = [&](const char* name, const vector<double>& x, const vector<double>& y) {
      cases.add(string("\"name\": \"") + name + "\", \"count\": " + text(uint32_t(x.size())) + ", \"x_first\": " +
                list(x, 0, 3) + ", \"x_crc32\": " + crc32(x) + ", \"y_crc32\": " + crc32(y));
    };
    table("normal", vector<double>(nx, nx + 129), vector<double>(ny, ny + 129));
    table("exponential", vector<double>(ex, ex + 257), vector<double>(ey, ey + 257));
  }
  // The mean of the transformer's cases: 1 x 3 x 6 x 5, element k is 100 + k / 7 in float32.
  caffe::BlobProto mean;
  for (int v : {1, 3, 6, 5}) mean.mutable_shape()->add_dim(v);
  for (int k = 0; k < 90; ++k) mean.add_data(100 + k / 7.0f);
  const string path = "mean.binaryproto";
  {
    std::ofstream file(path, std::ios::binary);
    mean.SerializeToOstream(&file);
  }
  Cases cases(folder + "/transform.json");
  const string crop = "crop_size: 4 ", mirror = "mirror: true ", scale = "scale: 0.0078125 ", odd = "scale: 0.017 ";
  const string file = "mean_file: \"" + path + "\" ";
  for (caffe::Phase phase : {caffe::TRAIN, caffe::TEST})
    for (string param : {string(), scale, crop, mirror, crop + mirror, crop + mirror + file, crop + mirror + file + odd,
                         file + odd, odd + crop + "mean_value: 104.5 ",
                         odd + mirror + "mean_value: 104.5 mean_value: 117.3 mean_value: 123.1 ", string("crop_size: 5 ")})
      for (bool floats : {false, true}) transform(&cases, param, phase, 77, floats);
}
