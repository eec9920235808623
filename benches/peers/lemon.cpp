// LEMON's network simplex on a matching instance: levels 1, 3 and 4 by one weight.
//
//     g++ -O3 -march=native -o lemon lemon.cpp
//     lemon FOLDER ROUNDS
//
// FOLDER holds the arrays that `benches/dump` describes. The pairs are read into memory first; then
// the model is built and solved ROUNDS times. Prints the processor seconds of each as JSON and leaves
// the chosen pairs in FOLDER/lemon.chosen (u64 each). `matching.py` compiles and runs it.

#include <lemon/network_simplex.h>
#include <lemon/smart_graph.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <string>
#include <vector>

template <typename T>
std::vector<T> read(const std::string& path) {
    std::ifstream file(path, std::ios::binary | std::ios::ate);
    if (!file) {
        std::fprintf(stderr, "cannot read %s\n", path.c_str());
        std::exit(2);
    }
    std::vector<T> values(static_cast<size_t>(file.tellg()) / sizeof(T));
    file.seekg(0);
    file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(T)));
    return values;
}

// A line of /proc/self/status, in kB.
long memory(const std::string& name) {
    std::ifstream status("/proc/self/status");
    std::string word;
    long kb = 0;
    while (status >> word) {
        if (word == name + ":") {
            status >> kb;
            break;
        }
    }
    return kb;
}

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: lemon FOLDER ROUNDS\n");
        return 2;
    }
    const std::string folder = std::string(argv[1]) + "/";
    const int rounds = std::atoi(argv[2]);
    const auto points = read<uint16_t>(folder + "points");
    const auto starts = read<uint64_t>(folder + "starts");
    const auto unit_of = read<uint32_t>(folder + "units");
    const auto fits = read<uint16_t>(folder + "fits");
    const auto cells = read<uint32_t>(folder + "cells");
    const size_t requests = points.size();
    const size_t units = cells.empty() ? 0 : cells[cells.size() - 2] + cells[cells.size() - 1];
    // All fits together weigh less than one point.
    const int64_t point = 1000 * static_cast<int64_t>(std::min(requests, units)) + 1;

    std::ofstream("/proc/self/clear_refs") << "5";
    const long before = memory("VmRSS");
    std::vector<uint64_t> chosen;
    std::string build = "", solve = "";
    for (int round = 0; round < rounds; round++) {
        const auto t0 = std::clock();
        // Each unit sends itself to a request or, empty, to the sink. The fewer start it, the fewer
        // pivots: requests that send themselves take four times as long.
        lemon::SmartDigraph graph;
        graph.reserveNode(static_cast<int>(requests + units + 1));
        graph.reserveArc(static_cast<int>(unit_of.size() + requests + units));
        for (size_t n = 0; n < requests + units + 1; n++) graph.addNode();
        const auto sink = graph.nodeFromId(static_cast<int>(requests + units));
        for (size_t request = 0; request < requests; request++) {
            const auto to = graph.nodeFromId(static_cast<int>(request));
            for (uint64_t pair = starts[request]; pair < starts[request + 1]; pair++) {
                graph.addArc(graph.nodeFromId(static_cast<int>(requests + unit_of[pair])), to);
            }
        }
        for (size_t node = 0; node < requests + units; node++) {
            graph.addArc(graph.nodeFromId(static_cast<int>(node)), sink);
        }
        lemon::SmartDigraph::ArcMap<int64_t> cost(graph, 0);
        lemon::SmartDigraph::NodeMap<int> supply(graph, 0);
        for (size_t request = 0; request < requests; request++) {
            for (uint64_t pair = starts[request]; pair < starts[request + 1]; pair++) {
                cost[graph.arcFromId(static_cast<int>(pair))] =
                    -((points[request] + int64_t{1}) * point + fits[pair]);
            }
        }
        for (size_t unit = 0; unit < units; unit++) {
            supply[graph.nodeFromId(static_cast<int>(requests + unit))] = 1;
        }
        supply[sink] = -static_cast<int>(units);
        using Simplex = lemon::NetworkSimplex<lemon::SmartDigraph, int, int64_t>;
        Simplex simplex(graph);
        lemon::SmartDigraph::ArcMap<int> upper(graph, 1);
        simplex.upperMap(upper).costMap(cost).supplyMap(supply);
        const auto t1 = std::clock();
        const auto status = simplex.run();
        const auto t2 = std::clock();
        if (status != Simplex::OPTIMAL) {
            std::fprintf(stderr, "no optimum\n");
            return 1;
        }
        chosen.clear();
        for (uint64_t pair = 0; pair < unit_of.size(); pair++) {
            if (simplex.flow(graph.arcFromId(static_cast<int>(pair))) > 0) chosen.push_back(pair);
        }
        const auto seconds = [](std::clock_t from, std::clock_t to) {
            return std::to_string(static_cast<double>(to - from) / CLOCKS_PER_SEC);
        };
        build += (round ? "," : "") + seconds(t0, t1);
        solve += (round ? "," : "") + seconds(t1, t2);
    }
    const long peak = memory("VmHWM") - before;
    std::ofstream(folder + "lemon.chosen", std::ios::binary)
        .write(reinterpret_cast<const char*>(chosen.data()),
               static_cast<std::streamsize>(chosen.size() * sizeof(uint64_t)));
    std::printf("{\"build\":[%s],\"solve\":[%s],\"peak_kb\":%ld}\n", build.c_str(), solve.c_str(), peak);
    return 0;
}
